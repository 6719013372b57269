package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// screen is how much of a terminal a picture may take.
type screen struct{ width, height int }

// screenOf is the terminal's size as it is now; all the room in the world where that cannot be told.
func screenOf(f *os.File) screen {
	width, height, err := term.GetSize(int(f.Fd()))
	if err != nil || width < 1 || height < 1 {
		return screen{1 << 20, 1 << 20}
	}
	return screen{width, height}
}

// fit makes a picture of tasks that neither wraps nor scrolls: messages are folded, and cut to a line each if that is too much; tasks that find
// no line are counted. The last line of the terminal stays free, for the cursor.
func (s screen) fit(tasks []shownTask) string {
	room := max(s.height-1, 1)
	blocks := make([][]string, 0, len(tasks))
	for i := range tasks {
		blocks = append(blocks, append([]string{tasks[i].line()}, tasks[i].messages()...))
	}
	lines := s.lay(blocks, s.fold)
	if len(lines) > room {
		lines = s.lay(blocks, func(text string) []string { return []string{s.cut(text)} })
	}
	if len(lines) > room {
		lines = s.some(tasks, blocks, room)
	}
	return strings.Join(lines, "\n") + "\n"
}

// lay puts the heading and all tasks below each other.
func (s screen) lay(blocks [][]string, messages func(string) []string) []string {
	if len(blocks) == 0 {
		return []string{s.cut(noTasks)}
	}
	lines := []string{s.cut(taskHeading())}
	for _, b := range blocks {
		lines = append(lines, s.cut(b[0]))
		for _, m := range b[1:] {
			lines = append(lines, messages(m)...)
		}
	}
	return lines
}

// some shows as many tasks as find room, each whole, and says what is left out.
func (s screen) some(tasks []shownTask, blocks [][]string, room int) []string {
	lines := []string{s.cut(taskHeading())}
	shown := 0
	for ; shown < len(blocks) && len(lines)+len(blocks[shown])+1 <= room; shown++ {
		for _, text := range blocks[shown] {
			lines = append(lines, s.cut(text))
		}
	}
	left := fmt.Sprintf("… and %d more", len(tasks)-shown)
	bad := 0
	for i := range tasks[shown:] {
		if tasks[shown+i].troubled() {
			bad++
		}
	}
	if bad > 0 {
		left += fmt.Sprintf(", %d in trouble", bad)
	}
	lines = append(lines, s.cut(left+": name those to be seen, or --watch=false"))
	return lines[max(len(lines)-room, 0):]
}

// cut shortens a line to the width.
func (s screen) cut(line string) string {
	return runewidth.Truncate(plain(line), s.width, "…")
}

// fold breaks a line at the width.
func (s screen) fold(line string) []string {
	return strings.Split(runewidth.Wrap(plain(line), max(s.width, 2)), "\n")
}

// plain has nothing in it that moves a cursor: messages bring the words of databases.
func plain(line string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, line)
}

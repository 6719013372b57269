package mysql

import "strings"

// habits are the part of a session that a stored object remembers from when it was created.
type habits struct {
	setsMode  bool
	sqlMode   string
	charset   string // character_set_client
	collation string // collation_connection
	timeZone  string
}

// around returns the statements that create an object in this session and leave the connection as it was.
func (h habits) around(create string) []string {
	var save, set, restore []string
	add := func(variable, value string) {
		saved := "@whimbrel_" + variable
		save = append(save, saved+" = @@"+variable)
		set = append(set, variable+" = "+value)
		restore = append(restore, variable+" = "+saved)
	}
	if h.setsMode {
		add("sql_mode", "'"+h.sqlMode+"'")
	}
	if h.charset != "" && sendable(h.charset, create) {
		add("character_set_client", h.charset)
	}
	if h.collation != "" {
		add("collation_connection", h.collation)
	}
	if h.timeZone != "" {
		add("time_zone", quoteString(h.timeZone))
	}
	if len(set) == 0 {
		return []string{create}
	}
	return []string{"SET " + strings.Join(append(save, set...), ", "), create, "SET " + strings.Join(restore, ", ")}
}

// sendable reports whether the text, which is UTF-8, means the same in the client character set. Where it does not,
// the object is made in the connection's: its text stays right, and only SHOW CREATE tells the difference.
func sendable(charset, text string) bool {
	if strings.HasPrefix(charset, "utf8") {
		return true
	}
	for n := range len(text) {
		if text[n] >= 0x80 {
			return false
		}
	}
	return true
}

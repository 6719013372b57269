package cloudwatch

import (
	"fmt"
	"slices"
	"strings"
)

// A rule is what a composite alarm is about: whether other alarms are in some states.
type rule interface {
	holds(state func(alarm string) string) bool
	alarms(add func(alarm string))
}

// The parts of rules.
type (
	inState    struct{ alarm, state string }
	constant   bool
	negation   struct{ of rule }
	allOf      []rule
	anyOf      []rule
	ruleParser struct {
		words   []ruleWord
		aliases func(reference string) (name string, ok bool)
	}
	ruleWord struct {
		text   string
		quoted bool
	}
)

func (r inState) holds(state func(string) string) bool  { return state(r.alarm) == r.state }
func (r constant) holds(func(string) string) bool       { return bool(r) }
func (r negation) holds(state func(string) string) bool { return !r.of.holds(state) }
func (r allOf) holds(state func(string) string) bool {
	return !slices.ContainsFunc(r, func(x rule) bool { return !x.holds(state) })
}
func (r anyOf) holds(state func(string) string) bool {
	return slices.ContainsFunc(r, func(x rule) bool { return x.holds(state) })
}

func (r inState) alarms(add func(string))  { add(r.alarm) }
func (r constant) alarms(func(string))     {}
func (r negation) alarms(add func(string)) { r.of.alarms(add) }
func (r allOf) alarms(add func(string)) {
	for _, x := range r {
		x.alarms(add)
	}
}
func (r anyOf) alarms(add func(string)) { allOf(r).alarms(add) }

// Bounds of rules, which are CloudWatch's.
const (
	mostRuleWords  = 500 // names, states and operators
	mostRuleAlarms = 100
)

// parseRule reads the AlarmRule of a composite alarm. named finds the name in what a rule calls an alarm by: its name or its ARN.
func parseRule(text string, named func(reference string) (name string, ok bool)) (rule, error) {
	words, err := ruleWords(text)
	if err != nil {
		return nil, err
	}
	p := &ruleParser{words: words, aliases: named}
	r, err := p.any()
	if err != nil {
		return nil, err
	}
	if len(p.words) > 0 {
		return nil, fmt.Errorf("there is %s where AND, OR or the end was expected", p.words[0].text)
	}
	return r, nil
}

// childrenOf are the alarms of a rule, each once.
func childrenOf(r rule) (names []string) {
	r.alarms(func(name string) {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	})
	return names
}

// ruleWords takes a rule apart: parentheses, quoted texts, and what stands between blanks.
func ruleWords(text string) (all []ruleWord, err error) {
	counted := 0
	for rest := strings.TrimSpace(text); rest != ""; rest = strings.TrimSpace(rest) {
		switch c := rest[0]; c {
		case '(', ')':
			all, rest = append(all, ruleWord{text: rest[:1]}), rest[1:]
			continue
		case '"', '\'':
			end := strings.IndexByte(rest[1:], c)
			if end < 0 {
				return nil, fmt.Errorf("the quoted text %s is not closed", rest)
			}
			all, rest = append(all, ruleWord{rest[1 : 1+end], true}), rest[end+2:]
		default:
			end := strings.IndexAny(rest, " \t\r\n()\"'")
			if end < 0 {
				end = len(rest)
			}
			all, rest = append(all, ruleWord{text: rest[:end]}), rest[end:]
		}
		if counted++; counted > mostRuleWords {
			return nil, fmt.Errorf("it has more than %d elements", mostRuleWords)
		}
	}
	if len(all) > 4*mostRuleWords { // parentheses alone
		return nil, fmt.Errorf("it has more than %d parentheses", 4*mostRuleWords-mostRuleWords)
	}
	return all, nil
}

// next takes the next word if it is one of these.
func (p *ruleParser) next(words ...string) (string, bool) {
	if len(p.words) > 0 && !p.words[0].quoted && slices.Contains(words, p.words[0].text) {
		word := p.words[0].text
		p.words = p.words[1:]
		return word, true
	}
	return "", false
}

func (p *ruleParser) any() (rule, error) {
	first, err := p.all()
	if err != nil {
		return nil, err
	}
	parts := anyOf{first}
	for {
		if _, ok := p.next("OR"); !ok {
			return parts, nil
		}
		more, err := p.all()
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
}

func (p *ruleParser) all() (rule, error) {
	first, err := p.one()
	if err != nil {
		return nil, err
	}
	parts := allOf{first}
	for {
		if _, ok := p.next("AND"); !ok {
			return parts, nil
		}
		more, err := p.one()
		if err != nil {
			return nil, err
		}
		parts = append(parts, more)
	}
}

// one reads what stands between operators.
func (p *ruleParser) one() (rule, error) {
	if word, ok := p.next("NOT", "TRUE", "FALSE", "("); ok {
		switch word {
		case "TRUE", "FALSE":
			return constant(word == "TRUE"), nil
		case "NOT":
			of, err := p.one()
			return negation{of}, err
		}
		inner, err := p.any()
		if err != nil {
			return nil, err
		}
		if _, ok := p.next(")"); !ok {
			return nil, fmt.Errorf("a parenthesis is not closed")
		}
		return inner, nil
	}
	state, ok := p.next(stateAlarm, stateOK, stateUnknown)
	if !ok {
		if len(p.words) == 0 {
			return nil, fmt.Errorf("it ends where an alarm's state was expected, such as ALARM(name)")
		}
		return nil, fmt.Errorf("there is %s where ALARM(name), OK(name), INSUFFICIENT_DATA(name), TRUE, FALSE, NOT or a parenthesis was expected", p.words[0].text)
	}
	return p.alarm(state)
}

func (p *ruleParser) alarm(state string) (rule, error) {
	if _, ok := p.next("("); !ok || len(p.words) == 0 {
		return nil, fmt.Errorf("%s is followed by no alarm in parentheses", state)
	}
	word, reference := p.words[0], p.words[0].text
	p.words = p.words[1:]
	name, ok := p.aliases(reference)
	if !ok || !word.quoted && strings.ContainsAny(reference, "()") {
		return nil, fmt.Errorf("%q is neither the name nor the ARN of an alarm of this account and region", reference)
	}
	if _, ok := p.next(")"); !ok {
		return nil, fmt.Errorf("the parenthesis behind %s is not closed: a name with blanks stands in quotes", reference)
	}
	return inState{name, state}, nil
}

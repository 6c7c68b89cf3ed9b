package expression

import (
	"strconv"
	"strings"

	"github.com/grouprules/groups"
)

// takes says how many values an operator is followed by.
type takes uint8

const (
	one  takes = iota // a value
	some              // a value, or several in brackets
	list              // brackets
	pair              // brackets with two values
	span              // a length of time such as p90d
)

// An operator is one word for the operators of several types of fields.
type operator struct {
	word, negated string
	takes         takes
	ops           map[groups.Type]groups.Op
}

// dated are the same operator for days and instants.
func dated(op groups.Op) map[groups.Type]groups.Op {
	return map[groups.Type]groups.Op{groups.TypeDate: op, groups.TypeInstant: op}
}

// measured are the operators that put numbers and days in order.
func measured(number, date groups.Op) map[groups.Type]groups.Op {
	return map[groups.Type]groups.Op{groups.TypeNumber: number, groups.TypeDate: date, groups.TypeInstant: date}
}

// operators are the words for fields. Where Entra has one that means the same it is that; else it is what the
// operator is called in JSON.
var operators = []operator{
	{"eq", "ne", one, map[groups.Type]groups.Op{groups.TypeText: "is", groups.TypeChoice: "is", groups.TypeBool: "is",
		groups.TypeNumber: "is", groups.TypeDate: "on", groups.TypeInstant: "on"}},
	{"in", "notIn", list, map[groups.Type]groups.Op{groups.TypeText: "is", groups.TypeChoice: "is", groups.TypeBool: "is",
		groups.TypeNumber: "is"}},
	{"contains", "notContains", some, map[groups.Type]groups.Op{groups.TypeText: "contains"}},
	{"startsWith", "notStartsWith", some, map[groups.Type]groups.Op{groups.TypeText: "startsWith"}},
	{"endsWith", "notEndsWith", some, map[groups.Type]groups.Op{groups.TypeText: "endsWith"}},
	{"match", "notMatch", some, map[groups.Type]groups.Op{groups.TypeText: "matches"}},
	{"lt", "notLt", one, measured("less", "before")},
	{"le", "notLe", one, measured("atMost", "onOrBefore")},
	{"ge", "notGe", one, measured("atLeast", "onOrAfter")},
	{"gt", "notGt", one, measured("greater", "after")},
	{"between", "notBetween", pair, measured("between", "between")},
	{"inLast", "notInLast", span, dated("inLast")},
	{"inNext", "notInNext", span, dated("inNext")},
	{"ago", "notAgo", span, dated("ago")},
	{"ahead", "notAhead", span, dated("ahead")},
	{"anniversaryWithin", "notAnniversaryWithin", span, dated("anniversaryWithin")},
	{"includesAny", "notIncludesAny", list, map[groups.Type]groups.Op{groups.TypeMultiChoice: "includesAny"}},
	{"includesAll", "notIncludesAll", list, map[groups.Type]groups.Op{groups.TypeMultiChoice: "includesAll"}},
	{"isExactly", "isNotExactly", list, map[groups.Type]groups.Op{groups.TypeMultiChoice: "isExactly"}},
}

// operatorCalled finds an operator by its word.
func operatorCalled(t token) (o operator, negated, ok bool) {
	for _, o := range operators {
		if t.says(o.word, o.negated) {
			return o, t.says(o.negated), true
		}
	}
	return o, false, false
}

// operatorFor finds the word for an operator with so many values.
func operatorFor(typ groups.Type, op groups.Op, values int) (o operator) {
	for _, o = range operators {
		if o.ops[typ] == op && (o.word != "eq" || values < 2) {
			return o
		}
	}
	panic("expression: unchecked operator " + string(op))
}

// ops are the operators of everything but fields, by what they are asked of.
var ops = map[string][]groups.Op{
	"unit":    {"is", "below", "isOrBelow"},
	"user":    {"is", "below", "isOrBelow", "hasReports"},
	"courses": {"is", "enrolled", "completed"},
	"group":   {"memberOfAny", "memberOfAll"},
	"status":  {"is"},
}

// opCalled finds an operator of what is asked by its word.
func opCalled(subject string, t token) (op groups.Op, negated, ok bool) {
	for _, op := range ops[subject] {
		if t.says(string(op), opposite(op)) {
			return op, t.says(opposite(op)), true
		}
	}
	return "", false, false
}

// opposite is what JSON calls an operator that is negated.
func opposite(op groups.Op) string {
	if rest, ok := strings.CutPrefix(string(op), "is"); ok {
		return "isNot" + rest
	}
	return "not" + strings.ToUpper(string(op[:1])) + string(op[1:])
}

// opWord is the word for an operator of everything but fields.
func opWord(op groups.Op, negated bool) string {
	if negated {
		return "-" + opposite(op)
	}
	return "-" + string(op)
}

var (
	quantifiers = map[string]groups.Quantifier{"any": groups.AnyCourse, "all": groups.AllCourses, "atleast": groups.AtLeastCourses}
	statuses    = []groups.UserStatus{groups.StatusActive, groups.StatusDeactivated, groups.StatusExpired}
	spanLetters = map[byte]groups.SpanUnit{'d': groups.Days, 'w': groups.Weeks, 'm': groups.Months, 'y': groups.Years}
)

// counted is "1 set" or "3 sets".
func counted(n int64, what string) string {
	if n != 1 {
		what += "s"
	}
	return strconv.FormatInt(n, 10) + " " + what
}

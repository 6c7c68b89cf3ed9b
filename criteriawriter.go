package groups

import (
	"reflect"
	"strconv"
	"unicode/utf8"

	"github.com/grouprules/groups/internal/strictjson"
)

// A criteriaWriter writes all that criteria have, also where it is too much or too little. What would
// not read back as the same is a problem.
type criteriaWriter struct {
	out      []byte
	problems problems
}

func (w *criteriaWriter) raw(s string) { w.out = append(w.out, s...) }

func (w *criteriaWriter) criteria(c Criteria) {
	if len(c.Sets) == 0 {
		w.raw("{}")
		return
	}
	w.raw(`{"match":"` + c.Match.String() + `","sets":`)
	writeList(w, c.Sets, "/sets", func(s Set, at string) {
		w.raw(`{"match":"` + s.Match.String() + `","conditions":`)
		writeList(w, s.Conditions, at+"/conditions", func(c Condition, at string) {
			f := flatten(c)
			w.raw(`{"kind":"` + f.kind + `"`)
			w.parts(f, at, ",")
		})
		w.raw("}")
	})
	w.raw("}")
}

// parts writes the keys of a condition or window, and the closing brace.
func (w *criteriaWriter) parts(f *flat, at, comma string) {
	if shapes[f.kind] != nil && f.shape() == nil {
		w.problems.add(at+"/op", ErrUnknown, "no operator %.64q for %q", string(f.op), f.kind)
	}
	for _, key := range flatKeys {
		part := key.of(f)
		written := !reflect.ValueOf(part).Elem().IsZero()
		if written || key.name == "quantifier" && f.kind == "enrollment" {
			w.raw(comma + `"` + key.name + `":`)
			w.part(part, f.negated, at+"/"+key.name)
			comma = ","
		}
	}
	w.raw("}")
}

// part writes the value of one key.
func (w *criteriaWriter) part(part any, negated bool, at string) {
	switch p := part.(type) {
	case *string:
		w.text(*p, at)
	case *Op:
		w.text(p.named(negated), at)
	case *[]string:
		writeList(w, *p, at, w.text)
	case *[]Literal:
		writeList(w, *p, at, w.literal)
	case *Literal:
		w.literal(*p, at)
	case *int:
		w.raw(strconv.Itoa(*p))
	case *bool:
		w.raw("true")
	case *Quantifier:
		w.text(p.String(), at)
	case *emptyAnswer:
		w.text(p.String(), at)
	case **flat:
		w.raw("{")
		w.parts(*p, at, "")
	}
}

func (w *criteriaWriter) text(s, at string) {
	if !utf8.ValidString(s) {
		w.problems.add(at, ErrOperand, "%.64q is not valid UTF-8", s)
	}
	w.out = strictjson.AppendString(w.out, s)
}

func (w *criteriaWriter) literal(l Literal, at string) {
	switch l.kind {
	case textLiteral:
		w.text(l.text, at)
	case numberLiteral, boolLiteral:
		w.raw(l.text)
	default:
		w.raw("null")
	}
}

func writeList[T any](w *criteriaWriter, list []T, at string, write func(v T, at string)) {
	w.raw("[")
	for i, v := range list {
		if i > 0 {
			w.raw(",")
		}
		write(v, element(at, i))
	}
	w.raw("]")
}

package workload

import "slices"

// A Verdict is an answer in three values, in their order: And is the least of two, Or the greatest.
type Verdict int8

// The verdicts.
const (
	No Verdict = iota
	Unsure
	Yes
)

// Not is the opposite answer.
func (v Verdict) Not() Verdict { return Yes - v }

func sure(yes bool) Verdict {
	if yes {
		return Yes
	}
	return No
}

// Verdict is what the criteria say of a user, worked out as plainly as can be: it is what all peers are
// measured against.
func (w *World) Verdict(c *Criteria, user int32, u *User) Verdict {
	if len(c.Sets) == 0 {
		return No
	}
	whole := join{any: c.Any}
	for i := range c.Sets {
		part := join{any: c.Sets[i].Any}
		for j := range c.Sets[i].Conditions {
			if part.take(w.Holds(&c.Sets[i].Conditions[j], user, u)) {
				break
			}
		}
		if whole.take(part.verdict()) {
			break
		}
	}
	return whole.verdict()
}

// join takes verdicts together by All or by Any.
type join struct {
	any   bool
	worst Verdict // Yes minus the least of All, or the greatest of Any
}

// take reports whether no further verdict can change the answer.
func (j *join) take(v Verdict) bool {
	if !j.any {
		v = v.Not()
	}
	j.worst = max(j.worst, v)
	return j.worst == Yes
}

func (j *join) verdict() Verdict {
	if j.any {
		return j.worst
	}
	return j.worst.Not()
}

// Holds is what one condition says of a user.
func (w *World) Holds(c *Condition, user int32, u *User) Verdict {
	v := w.positive(c, user, u)
	if c.Negated {
		return v.Not()
	}
	return v
}

func (w *World) positive(c *Condition, user int32, u *User) Verdict {
	switch c.Kind {
	case InUnit:
		switch u.Unit {
		case Unknown:
			return Unsure
		case Empty:
			return No
		}
		return sure(w.Units.below(u.Unit, c.Nodes, 0))
	case Under:
		switch {
		case w.Lines.below(user, c.Nodes, 1):
			return Yes
		case w.Lines.Gap[user]:
			return Unsure
		}
		return No
	case Completed:
		if u.NoCourses {
			return Unsure
		}
		done := 0
		for _, r := range u.Courses {
			if r.Done != Empty && slices.Contains(c.Codes, r.Course) {
				done++
			}
		}
		return sure(done >= c.Need)
	case MemberOf:
		for _, g := range c.Codes {
			if slices.Contains(u.Manual, g) {
				return Yes
			}
		}
		return No
	}
	code := u.Fields[c.Field]
	switch {
	case code == Unknown:
		return Unsure
	case c.Kind == IsEmpty:
		return sure(code == Empty)
	case code == Empty:
		return No
	}
	switch c.Kind {
	case Is:
		return sure(slices.Contains(c.Codes, code))
	case IncludesAny:
		return sure(code&c.Mask != 0)
	case IncludesAll:
		return sure(code&c.Mask == c.Mask)
	case Between:
		return sure(c.From <= code && code <= c.To)
	}
	return sure(c.TextHolds(Fold(Text(c.Field, code))))
}

// below reports whether a node is at least so many levels, 0 or 1, below one of the others.
func (t *Tree) below(node int32, goals []int32, levels int32) bool {
	for _, g := range goals {
		if t.Lo[g]+levels <= t.Lo[node] && t.Lo[node] <= t.Hi[g] {
			return true
		}
	}
	return false
}

package groups

import (
	"fmt"
	"strings"
	"time"
)

// An Explanation says why a rule answers as it does for one user, node by node, and, when it comes
// from an [Evaluator], why the user is in the group or not.
type Explanation struct {
	// Group is blank in an explanation that [Rule.Explain] gives.
	Group GroupID `json:"group,omitempty"`
	User  UserID  `json:"user"`
	// Now and Zone are what relative dates were counted from.
	Now  time.Time `json:"now"`
	Zone string    `json:"zone"`

	// Verdict is the rule's, that of Sets combined by Match. No sets: nobody matches.
	Verdict Verdict      `json:"verdict"`
	Match   string       `json:"match"`
	Sets    []SetVerdict `json:"sets"`
	// Otherwise is what data would make the verdict another: Yes a No, No a Yes, and Unknown either, Yes first. It is
	// about the rule: whether the user is in then is decided by the rest as well. It is nil where that was not looked
	// for ([Evaluator.ExplainIf]).
	Otherwise []Counterfactual `json:"otherwise,omitzero"`

	// The rest is filled in by [Evaluator.Explain] only.

	// Population says how the user is in, effects aside, and Reason by which line of the decision
	// table. Member is the same for the host: Outside while the group is inactive.
	Population Method `json:"population"`
	Member     Method `json:"member"`
	Reason     Reason `json:"reason"`
	// Undecided: what is known does not decide, and the user stays as they are.
	Undecided bool `json:"undecided"`
	// Frozen: the rule is shown, and not asked.
	Frozen bool `json:"frozen"`
	// Waits says why the user is as they were though the rule may say otherwise: "guard", while the
	// [Guard] holds the group, or "schedule", until the group is processed; blank where they do not.
	Waits string `json:"waits,omitempty"`
	// Scope says whether the user is assigned to the owner of the group ([Scoping]); it is nil where that
	// does not matter. Outside of it the rule counts as No.
	Scope *Verdict `json:"scope,omitempty"`
	// Automatic is the automatic bit.
	Automatic bool `json:"automatic"`
	// Assignment and Exclusion are the stored decisions of people, in force or not.
	Assignment *Assignment `json:"assignment,omitempty"`
	Exclusion  *Exclusion  `json:"exclusion,omitempty"`
	// Unassigned says how the user, effects aside, is in and would be if the assignment were taken away
	// ([Evaluator.Unassign]); nil where there is none, or no such user.
	Unassigned *Fate `json:"unassigned,omitempty"`
}

const (
	waitsForGuard    = "guard"
	waitsForSchedule = "schedule"
)

// A SetVerdict explains one set.
type SetVerdict struct {
	Match      string             `json:"match"`
	Verdict    Verdict            `json:"verdict"`
	Conditions []ConditionVerdict `json:"conditions"`
}

// A ConditionVerdict explains one condition. Every condition is answered, also where an earlier one
// had decided.
type ConditionVerdict struct {
	// Pointer is where the condition stands in the criteria, such as "/sets/0/conditions/2".
	Pointer string `json:"pointer"`
	// Text is the condition in words.
	Text    string  `json:"text"`
	Verdict Verdict `json:"verdict"`
	// Had is what the user has, as far as the condition looks at it: values, units with those
	// above them, the reporting line, records, memberships; "unknown" or "empty" where that is it.
	Had []string `json:"had"`
}

// Explain answers as [Rule.Match] does, and says why, and what would change it.
func (r *Rule) Explain(u *User, v *View) *Explanation {
	x := r.explain(u, v)
	x.Otherwise = r.otherwise(u, v, x.Verdict, bare{r, v})
	return x
}

func (r *Rule) explain(u *User, v *View) *Explanation {
	x := &Explanation{
		User: u.ID, Now: v.Now, Zone: zoneName(v.Zone),
		Verdict: No, Match: r.match.String(), Sets: make([]SetVerdict, 0, len(r.sets)),
	}
	if len(r.sets) == 0 {
		return x
	}
	x.Verdict = neutral(r.match)
	joints := r.labels(v)
	for _, set := range r.sets {
		s := SetVerdict{Match: set.match.String(), Verdict: neutral(set.match), Conditions: make([]ConditionVerdict, len(set.leaves))}
		for i, l := range set.leaves {
			s.Conditions[i] = ConditionVerdict{Pointer: joints[i].pointer, Text: joints[i].text, Verdict: l.verdict(u, v), Had: l.had(u, v)}
			s.Verdict = set.match.join(s.Verdict, s.Conditions[i].Verdict)
		}
		joints = joints[len(set.leaves):]
		x.Verdict = r.match.join(x.Verdict, s.Verdict)
		x.Sets = append(x.Sets, s)
	}
	return x
}

// labels are the conditions of the rule in their order, and perhaps more behind them.
func (r *Rule) labels(v *View) []joint {
	if a := r.apart.Load(); a != nil {
		return a.joints
	}
	return r.anatomy(v, func(GroupID) *Rule { return nil }).joints
}

func zoneName(loc *time.Location) string {
	if loc == nil {
		return "UTC"
	}
	return loc.String()
}

// String returns the explanation as text: a line on the membership, one for each condition, and one for each way to change the
// verdict.
func (x *Explanation) String() string {
	var b strings.Builder
	if x.Group != "" {
		fmt.Fprintf(&b, "%s is %s of %s (by %v)", x.User, memberWord(x), x.Group, x.Reason)
		if a := x.Assignment; a != nil {
			fmt.Fprintf(&b, ", assigned by %s on %s%s", a.By, a.At.UTC().Format(time.DateOnly), approved(a.Approver))
			if !a.Until.IsZero() {
				fmt.Fprintf(&b, " until %s", a.Until.UTC().Format(time.RFC3339))
			}
		}
		if e := x.Exclusion; e != nil {
			fmt.Fprintf(&b, ", excluded by %s on %s%s", e.By, e.At.UTC().Format(time.DateOnly), approved(e.Approver))
		}
		b.WriteByte('\n')
		if f := x.Unassigned; f != nil {
			fmt.Fprintf(&b, "without the assignment: %s\n", unassignedWord(f))
		}
	}
	if x.Reason == byAbsence {
		b.WriteString("rule: not asked, since the user is not in the directory")
		return b.String()
	}
	fmt.Fprintf(&b, "rule: %v", x.Verdict)
	if x.Frozen {
		b.WriteString(", not asked while the group is frozen")
	}
	if x.Scope != nil {
		fmt.Fprintf(&b, "; assigned to the owner: %v", *x.Scope)
	}
	switch x.Waits {
	case waitsForGuard:
		b.WriteString("; held by the guard, so that it does not count yet")
	case waitsForSchedule:
		b.WriteString("; it counts when the group is processed next")
	}
	if len(x.Sets) > 1 {
		fmt.Fprintf(&b, " (%s of %d sets)", x.Match, len(x.Sets))
	}
	for i, s := range x.Sets {
		fmt.Fprintf(&b, "\n  set %d: %v (%s of %d)", i+1, s.Verdict, s.Match, len(s.Conditions))
		for _, c := range s.Conditions {
			fmt.Fprintf(&b, "\n    %-7v %s; has: %s", c.Verdict, c.Text, strings.Join(c.Had, ", "))
		}
	}
	for _, c := range x.Otherwise {
		b.WriteString("\n  " + strings.ReplaceAll(c.String(), "\n", "\n  "))
	}
	return b.String()
}

// approved is what the text says about who agreed to a decision.
func approved(by string) string {
	if by == "" {
		return ""
	}
	return ", approved by " + by
}

func unassignedWord(f *Fate) string {
	word := map[Method]string{Outside: "out", Manual: "in as before", Automatic: "in by the rule"}[f.After]
	if f.Undecided {
		word += ", undecided"
	}
	return word
}

func memberWord(x *Explanation) string {
	word := map[Method]string{Outside: "not a member", Manual: "a manual member", Automatic: "an automatic member"}[x.Population]
	if x.Population != Outside && x.Member == Outside {
		word += ", without effect while the group is inactive,"
	}
	if x.Undecided {
		word += ", undecided,"
	}
	return word
}

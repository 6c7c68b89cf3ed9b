package law

import (
	"fmt"
	"iter"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/oracle"
)

// A Decider is the two total functions of section 4.
type Decider interface {
	Bit(f oracle.BitFacts) bool
	Decide(f groups.Facts) groups.Method
}

// Tables is the functions of package groups.
type Tables struct{}

// Bit calls [groups.Bit].
func (Tables) Bit(f oracle.BitFacts) bool {
	kind := groups.AutomaticGroup
	if f.Manual {
		kind = groups.ManualGroup
	}
	return groups.Bit(f.Stored, f.Absent, f.Frozen, kind, f.Verdict)
}

// Decide calls [groups.Facts.Decide].
func (Tables) Decide(f groups.Facts) groups.Method {
	m, _ := f.Decide()
	return m
}

var (
	bools    = []bool{false, true}
	verdicts = []groups.Verdict{groups.Unknown, groups.No, groups.Yes}
)

// EveryBit is every input of the first function.
func EveryBit() iter.Seq[oracle.BitFacts] {
	return func(yield func(oracle.BitFacts) bool) {
		for _, stored := range bools {
			for _, absent := range bools {
				for _, frozen := range bools {
					for _, manual := range bools {
						for _, v := range verdicts {
							if !yield(oracle.BitFacts{Stored: stored, Absent: absent, Frozen: frozen, Manual: manual, Verdict: v}) {
								return
							}
						}
					}
				}
			}
		}
	}
}

// EveryFacts is every input of the second function.
func EveryFacts() iter.Seq[groups.Facts] {
	return func(yield func(groups.Facts) bool) {
		for n := range 2 * 3 * 3 * 2 * 2 * 2 * 3 {
			digit := func(base int) int {
				d := n % base
				n /= base
				return d
			}
			f := groups.Facts{
				Absent: digit(2) == 1, Activation: groups.Activation(digit(3)), Policy: groups.Policy(digit(3)),
				Assigned: digit(2) == 1, Excluded: digit(2) == 1, Automatic: digit(2) == 1, Before: groups.Method(digit(3)),
			}
			if !yield(f) {
				return
			}
		}
	}
}

// A Sentence is a law that is tried on all inputs there are.
type Sentence struct {
	Holds   func(Decider) error
	Mutants []oracle.Defect
}

// TheTables: both functions answer as the page, on every input.
var TheTables = Sentence{
	Holds: func(d Decider) error {
		for f := range EveryBit() {
			if got, want := d.Bit(f), (oracle.Oracle{}).Bit(f); got != want {
				return fmt.Errorf("the bit of %+v becomes %v, want %v", f, got, want)
			}
		}
		for f := range EveryFacts() {
			if got, want := d.Decide(f), (oracle.Oracle{}).Decide(f); got != want {
				return fmt.Errorf("%+v is %v, want %v", f, got, want)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{
		oracle.AbsenceClearsTheBit, oracle.FrozenFollowsTheRule, oracle.UnknownClearsTheBit, oracle.RuleBeatsAssignment,
		oracle.PolicyIsIgnored, oracle.DropAutomaticDropsAll, oracle.ExclusionBeatsAssignment, oracle.UnknownStatusIsActive,
	},
}

// AssignmentBeatsRule: whether the bit is set or not makes no difference to a user who is assigned, present and not
// dropped; they are in, Manual.
var AssignmentBeatsRule = Sentence{
	Holds: func(d Decider) error {
		for f := range EveryFacts() {
			if !f.Assigned || f.Absent || f.Policy == groups.DropAll && f.Activation != groups.Activated {
				continue
			}
			if m := d.Decide(f); m != groups.Manual {
				return fmt.Errorf("%+v is %v", f, m)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.RuleBeatsAssignment, oracle.ExclusionBeatsAssignment, oracle.DropAutomaticDropsAll},
}

// UnknownMovesNobody: an Unknown verdict leaves the bit as it was, and an unknown status either does not matter or
// leaves the user as they are.
var UnknownMovesNobody = Sentence{
	Holds: func(d Decider) error {
		for f := range EveryBit() {
			if f.Verdict == groups.Unknown && !f.Manual && d.Bit(f) != f.Stored {
				return fmt.Errorf("%+v moves the bit", f)
			}
		}
		for f := range EveryFacts() {
			if f.Activation != groups.ActivationUnknown {
				continue
			}
			active, deactivated := f, f
			active.Activation, deactivated.Activation = groups.Activated, groups.Deactivated
			is, would, m := d.Decide(active), d.Decide(deactivated), d.Decide(f)
			if is == would && m != is || is != would && m != f.Before {
				return fmt.Errorf("%+v is %v; active they are %v, deactivated %v", f, m, is, would)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.UnknownClearsTheBit, oracle.UnknownStatusIsActive},
}

// NoDeactivatedMember: under a Drop policy nobody who is deactivated is in, but for those assigned under DropAutomatic.
var NoDeactivatedMember = Sentence{
	Holds: func(d Decider) error {
		for f := range EveryFacts() {
			if f.Activation != groups.Deactivated {
				continue
			}
			m := d.Decide(f)
			if f.Policy == groups.DropAll && m != groups.Outside || f.Policy == groups.DropAutomatic && m == groups.Automatic {
				return fmt.Errorf("%+v is %v", f, m)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.PolicyIsIgnored},
}

// AbsenceForgetsNothing: whoever is absent keeps the bit, so that who comes back is as they were.
var AbsenceForgetsNothing = Sentence{
	Holds: func(d Decider) error {
		for f := range EveryBit() {
			if f.Absent && d.Bit(f) != f.Stored {
				return fmt.Errorf("%+v moves the bit", f)
			}
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.AbsenceClearsTheBit},
}

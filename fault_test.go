package groups_test

import (
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
)

func TestWhateverFailsNothingIsHalfWrittenAndARetryMakesUpForIt(t *testing.T) {
	for _, s := range fault.Scenarios {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			for _, trial := range []fault.Trial{
				{Open: inMemory, Modes: fault.Modes},
				{Open: inMemory, Modes: []fault.Mode{fault.Before, fault.Short}, Bare: true},
			} {
				tried, err := s.Check(trial)
				if err != nil {
					t.Error(err)
				}
				if tried < 5 {
					t.Errorf("only %d things can fail", tried)
				}
			}
		})
	}
}

func inMemory() (fault.People, groups.Store) {
	m := groups.NewMemory()
	return m, m
}

// A stream that ends early without an error is what no run can notice; the law does.
func TestTheLawOfFailuresNoticesAStreamThatEndsEarly(t *testing.T) {
	noticed := 0
	for _, s := range fault.Scenarios {
		if _, err := s.Check(fault.Trial{Open: inMemory, Modes: []fault.Mode{fault.Silent}}); err != nil && strings.HasPrefix(err.Error(), fault.Silent.String()) {
			noticed++
		}
	}
	if noticed < len(fault.Scenarios)/2 {
		t.Errorf("in %d of %d scenarios", noticed, len(fault.Scenarios))
	}
}

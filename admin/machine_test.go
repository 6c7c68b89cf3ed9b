package admin_test

import (
	"testing"

	"github.com/grouprules/groups/internal/law/desk"
)

// The state machine of the desk: random histories of people, groups, owners, drafts, plans and time, with two editors at
// once, held against a page that works everything out from the facts.

func TestHistoriesAtADeskEndAsThePagesSay(t *testing.T) {
	desk.HistoriesEndAsThePagesSay.Check(t, desk.Reading{Host: desk.Plainly})
	for name, broken := range desk.Mutants() {
		t.Run("mutant/"+name, func(t *testing.T) {
			t.Parallel()
			if err := desk.HistoriesEndAsThePagesSay.Catches(broken); err != nil {
				t.Error(err)
			}
		})
	}
}

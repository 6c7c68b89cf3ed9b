package admin_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/admin"
)

func TestAnExplanationTellsNothingOfWhatTheActorDoesNotSee(t *testing.T) {
	o := open(nil, nil).people(user("ann", "Ann"), user("bob", "Bob")).manual("secret", "ann")
	o.automatic("open", groups.AnySets(groups.All(groups.MemberOfAny("secret")), groups.All(groups.Name.Is("Bob"))))
	actor := only("ann")

	x, err := o.desk.Explain(t.Context(), actor, "open", "ann")
	check(err)
	text, err := json.Marshal(x)
	check(err)
	if strings.Contains(string(text)+x.String(), "secret") || x.Sets[0].Conditions[0].Verdict != groups.Yes {
		t.Errorf("the condition on secret is told as %s", text)
	}
	if had := x.Sets[1].Conditions[0].Had; len(had) != 1 || had[0] != "Ann" {
		t.Errorf("the condition on names has %v", had)
	}
	for _, unseen := range []groups.UserID{"bob", "nobody"} {
		if _, err := o.desk.Explain(t.Context(), actor, "open", unseen); !errors.Is(err, groups.ErrNotFound) {
			t.Errorf("%s: %v", unseen, err)
		}
	}
	whole, err := o.desk.Explain(t.Context(), all, "open", "bob")
	check(err)
	if !strings.Contains(whole.String(), "secret") {
		t.Errorf("who sees everything is told %v", whole)
	}
	actor.Sees = admin.Resources{Groups: []groups.GroupID{"secret"}}
	if x, err = o.desk.Explain(t.Context(), actor, "open", "ann"); err != nil || !strings.Contains(x.String(), "secret") {
		t.Errorf("who sees secret is told %v %v", x, err)
	}
}

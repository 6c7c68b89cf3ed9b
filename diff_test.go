package groups_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/grouprules/groups"
)

func TestARunSurvivesJSON(t *testing.T) {
	_, ev, _ := benchWorld(t, 40, 8)
	lost := groups.Group{ID: "lost", Name: "lost", Kind: groups.AutomaticGroup, Criteria: groups.AllSets(groups.All(groups.MemberOfAny("ghost")))}
	if _, err := ev.Save(t.Context(), lost, "me"); err != nil {
		t.Fatal(err)
	}
	run, err := ev.Process(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(run.Changes()) == 0 || len(run.Findings) == 0 {
		t.Fatal("nothing to write")
	}
	data, err := json.Marshal(run)
	if err != nil {
		t.Fatal(err)
	}
	var back groups.Run
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(run, &back); diff != "" {
		t.Error(diff)
	}
	var v groups.Verdict
	if err := json.Unmarshal([]byte(`"maybe"`), &v); err == nil {
		t.Errorf("%v was made of a word that is no verdict", v)
	}
}

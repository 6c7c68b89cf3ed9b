package groups_test

import (
	"runtime"
	"testing"

	"github.com/grouprules/groups"
)

// What an Evaluator keeps between runs: the people by what rules ask of them, most of it for what differs from one to
// the next, what conditions say, and the memberships as sets.
func TestTheIndexKeepsItsMemoryBudget(t *testing.T) {
	const users, rules = 20_000, 200
	m, ev, _ := benchWorld(t, users, rules)
	if _, err := ev.Process(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := heap()
	fresh := groups.NewEvaluator(m, m, &groups.Options{Now: ev.Now})
	if _, err := fresh.Evaluate(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := float64(heap()) - float64(before)
	runtime.KeepAlive(fresh)
	if took > 700*users {
		t.Errorf("the index takes %.0f bytes a user", took/users)
	}
}

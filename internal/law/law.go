// Package law is the laws of DESIGN.md section 9, and what they are tried on: tenants drawn at random from a vocabulary
// so small that everything collides. It is imported by tests and by nothing else.
//
// A law is a function over an interface ([Matcher], [Decider], [Runner], [Host]), so that every engine and store to come
// is held to it by one more line, and so that it can be shown to fail: the broken readers of package oracle satisfy the
// same interfaces, and a law that a defect it names can slip past is a broken law ([Law.Catches]).
package law

import (
	"fmt"

	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// A Law is one sentence that holds of every engine E.
type Law[E any] struct {
	// Holds draws a case and tries the sentence on it. The error tells what broke it.
	Holds func(t *rapid.T, engine E) error
	// Mutants are the defects that the law must catch.
	Mutants []oracle.Defect
}

// Check tries the law on an engine as often as rapid has been told to.
func (l Law[E]) Check(t rapid.TB, engine E) {
	t.Helper()
	rapid.Check(t, func(t *rapid.T) {
		if err := l.Holds(t, engine); err != nil {
			t.Fatal(err)
		}
	})
}

// tries is how many cases a law gets to catch a mutant. The cases are the same in every run.
const tries = 3000

// Catches tries the law on a broken engine, and returns an error if no case tells it from a right one.
func (l Law[E]) Catches(engine E) error {
	trial := rapid.Custom(func(t *rapid.T) error { return l.Holds(t, engine) })
	for seed := range tries {
		if trial.Example(seed) != nil {
			return nil
		}
	}
	return fmt.Errorf("no case of %d notices", tries)
}

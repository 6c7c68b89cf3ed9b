// Package storetest proves that a [groups.Store], [groups.Directory] or [groups.People] keeps its
// contract: any implementation, with three lines of test.
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T) groups.Store { return open(t) })
//	}
//
// The contracts are the numbered clauses in the documentation of these interfaces. Each clause has a
// case here, and a case that fails says why the clause is there. [Audit] looks at a whole store, after
// these cases and after those of your own.
//
// It knows nothing of rules and of how they are evaluated, and needs nothing but the standard library.
package storetest

import (
	"context"
	"slices"
	"testing"

	"github.com/grouprules/groups"
)

// TB is what a case asks of the test it runs in; *testing.T has it.
type TB interface {
	Helper()
	Context() context.Context
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// A Case proves one clause of a contract, or a side of it.
type Case struct {
	// Name says what is demanded.
	Name string
	// Interface is the interface of package groups whose documentation has the clause, and Clause its
	// number there.
	Interface string
	Clause    int
	// Why says what goes wrong where the clause is not kept.
	Why string

	// One of these is set.
	store     func(t TB, s groups.Store)
	directory func(t TB, open func(groups.PeopleChange) groups.Directory)
	people    func(t TB, d groups.Directory, p groups.People)
}

// Cases returns all cases, by interface and clause.
func Cases() []Case {
	return slices.Concat(
		directoryStreamCases, directoryUserCases, reportingCases,
		peopleCases, versionedCases, journaledCases, scopingCases,
		streamCases, definitionCases, revisionCases, ringCases, deletionCases,
		conflictCases, standingCases, feedCases, forgettingCases, contextCases, concurrencyCases, identifierCases,
		noteCases, actCases, commitCases,
	)
}

// Run proves that what open returns keeps the contract of [groups.Store]. open gives a fresh, empty
// store each time, and has t.Cleanup close it. What every case leaves behind is put to [Audit].
func Run(t *testing.T, open func(t *testing.T) groups.Store) {
	for _, c := range Cases() {
		if c.store == nil {
			continue
		}
		c.in(t, func(t *testing.T) {
			s := open(t)
			c.store(t, s)
			Audit(t, s)
		})
	}
}

// RunDirectory proves that what open returns keeps the contract of [groups.Directory] and, where it
// has them, of its capabilities. open gives a Directory that holds exactly the given people: Upsert,
// Trees and Schema; the rest is blank. Everything is run twice, once with the capabilities hidden, and
// the answers must be the same: a capability may change the speed and nothing else.
func RunDirectory(t *testing.T, open func(t *testing.T, people groups.PeopleChange) groups.Directory) {
	for _, c := range Cases() {
		if c.directory == nil {
			continue
		}
		c.twice(t, func(t *testing.T, seen func(groups.Directory) groups.Directory) {
			c.needs(t, func() groups.Directory { return seen(open(t, groups.PeopleChange{})) })
			c.directory(t, func(people groups.PeopleChange) groups.Directory { return seen(open(t, people)) })
		})
	}
}

// RunPeople proves that what open returns keeps the contract of [groups.People]. open gives the two
// sides of one directory, fresh and empty each time. Where either side is a [groups.Store] too, it is
// also proved that writing people does not touch groups. As [RunDirectory], it runs everything twice.
func RunPeople(t *testing.T, open func(t *testing.T) (groups.Directory, groups.People)) {
	for _, c := range Cases() {
		if c.people == nil {
			continue
		}
		c.twice(t, func(t *testing.T, seen func(groups.Directory) groups.Directory) {
			d, p := open(t)
			d = seen(d)
			c.needs(t, func() groups.Directory { return d })
			c.people(t, d, p)
		})
	}
}

// in runs the case as a subtest that says why if it fails.
func (c Case) in(t *testing.T, run func(t *testing.T)) {
	t.Run(c.Name, func(t *testing.T) {
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("groups.%s, clause %d: %s", c.Interface, c.Clause, c.Why)
			}
		})
		run(t)
	})
}

// twice runs the case with the capabilities of the Directory visible, and with them hidden.
func (c Case) twice(t *testing.T, run func(t *testing.T, seen func(groups.Directory) groups.Directory)) {
	c.in(t, func(t *testing.T) {
		run(t, func(d groups.Directory) groups.Directory { return d })
	})
	if c.Interface == "Versioned" || c.Interface == "Journaled" || c.Interface == "Reporting" || c.Interface == "Scoping" {
		return
	}
	hidden := c
	hidden.Name += " (capabilities hidden)"
	hidden.in(t, func(t *testing.T) {
		run(t, func(d groups.Directory) groups.Directory { return bare{d} })
	})
}

// bare hides whatever else a Directory can do: it has no Unwrap.
type bare struct{ groups.Directory }

// needs skips the case where it is about a capability that the Directory does not have.
func (c Case) needs(t *testing.T, open func() groups.Directory) {
	has := true
	switch c.Interface {
	case "Versioned":
		_, has = groups.As[groups.Versioned](open())
	case "Journaled":
		_, has = groups.As[groups.Journaled](open())
	case "Reporting":
		_, has = groups.As[groups.Reporting](open())
	case "Scoping":
		_, has = groups.As[groups.Scoping](open())
	}
	if !has {
		t.Skipf("not %s, which is optional", c.Interface)
	}
}

// Package storetest proves that a [groups.Store], [groups.Directory] or [groups.People] keeps its
// contract: any implementation, with a few lines of test.
//
//	func TestMyStore(t *testing.T) {
//		db := database(t)
//		storetest.Run(t, func(t *testing.T, tenant string) storetest.Tenant {
//			s := open(db, tenant)
//			return storetest.Tenant{Store: s, Directory: s, People: s}
//		}, nil)
//	}
//
// The contracts are the numbered clauses in the documentation of these interfaces. Each clause has a
// case here, and a case that fails or is left out says which clause that is and why it is there. Every
// case is run beside another tenant of the same database, which has groups, users, notes and acts of the
// same IDs and must keep them; and twice, once with all optional capabilities hidden, where the same is
// demanded. Some cases work at a desk of package admin, over the store and over a [groups.Memory], and
// demand the same of both. [Audit] looks at a whole store, after these cases and after those of your own.
//
// It does not know how rules are evaluated; beyond packages groups and admin it needs nothing but the standard library.
package storetest

import (
	"context"
	"fmt"
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

// A Tenant is what is to be proved: one tenant of a database, new and empty. The cases of what is nil
// are left out.
type Tenant struct {
	Store groups.Store
	// Directory has the people that People writes or, where that is nil, that Fill does.
	Directory groups.Directory
	People    groups.People
	// Fill puts people into the Directory of a host that has no [groups.People], as a test can do it, once:
	// Schema, Upsert and Trees; the rest is blank.
	Fill func(ctx context.Context, people groups.PeopleChange) error
}

// Options say what is not demanded.
type Options struct {
	// Without are the categories that the host has nothing of. A case that is about one is left out, and
	// says so in the log of the test.
	Without []Category
}

// A Category is something that a host may have nothing of. What cases write of it nevertheless is to be
// dropped without an error, but for [Forgetting].
type Category string

// The acts and notes of a [groups.Commit], and what it forgets; and what a [groups.User] may have.
const (
	// Acts: there is no audit.
	Acts Category = "acts"
	// Notes: there are no drafts, no versions and no held plans.
	Notes Category = "notes"
	// Forgetting: nobody is erased. A Commit that forgets is refused with an error, or else somebody
	// would be told that they are gone.
	Forgetting Category = "forgetting"
	// Fields: the schema is the host's own, and not given by the cases.
	Fields Category = "fields"
	// Units: there are no trees, and nobody is in a unit.
	Units Category = "units"
	// Managers: who reports to whom is not known.
	Managers Category = "managers"
	// Enrollments: who is enrolled in what is not known.
	Enrollments Category = "enrollments"
)

var categories = []Category{Acts, Notes, Forgetting, Fields, Units, Managers, Enrollments}

// check refuses what is none of the categories.
func (o *Options) check() error {
	for _, c := range o.Without {
		if !slices.Contains(categories, c) {
			return fmt.Errorf("storetest: there is no category %q to do without; there are %q", c, categories)
		}
	}
	return nil
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
	// Needs are the categories that the case is about.
	Needs []Category

	// One of these is set.
	store     func(t TB, s groups.Store)
	directory func(t TB, open func(groups.PeopleChange) groups.Directory)
	people    func(t TB, of Tenant)
}

// String names the clause, what is demanded, and why.
func (c Case) String() string {
	return fmt.Sprintf("groups.%s, clause %d: %s: %s", c.Interface, c.Clause, c.Name, c.Why)
}

// Cases returns all cases, by interface and clause.
func Cases() []Case {
	return slices.Concat(
		directoryStreamCases, directoryUserCases, reportingCases,
		peopleCases, versionedCases, journaledCases, scopingCases, capabilityCases,
		streamCases, definitionCases, revisionCases, ringCases, deletionCases,
		conflictCases, standingCases, feedCases, forgettingCases, contextCases, concurrencyCases, identifierCases,
		noteCases, actCases, commitCases, officeCases, tenantCases,
	)
}

// Run proves that what open returns keeps its contracts. open gives the tenant of that name, which no case
// was given before, and has t.Cleanup close it; where there is a database for more than one, tenants are
// in the same. Nil options demand everything.
func Run(t *testing.T, open func(t *testing.T, tenant string) Tenant, o *Options) {
	if o == nil {
		o = &Options{}
	}
	if err := o.check(); err != nil {
		t.Fatal(err)
	}
	next := moveIn(t, open(t, "tenant")) // with whose name those of the others begin
	if of := next.Tenant; of.Store == nil && of.Directory == nil {
		t.Fatal("storetest: there is neither a Store nor a Directory to prove")
	} else if of.Directory != nil && of.People == nil && of.Fill == nil {
		t.Fatal("storetest: a Directory needs People, or Fill, to get its people from")
	}
	opened := 0
	for _, c := range Cases() {
		for _, hide := range []bool{false, true} {
			name := fmt.Sprintf("%s %d: %s", c.Interface, c.Clause, c.Name)
			if hide {
				if c.capability() {
					continue
				}
				name += " (capabilities hidden)"
			}
			t.Run(name, func(t *testing.T) {
				if why := c.leftOut(next.Tenant, o.Without); why != "" {
					t.Skipf("%v\nleft out: %s", c, why)
				}
				t.Cleanup(func() {
					if t.Failed() {
						t.Log(c)
					}
				})
				c.prove(t, next, func() Tenant {
					opened++
					of := open(t, fmt.Sprintf("tenant %d", opened))
					if hide {
						of = of.hidden()
					}
					return of
				})
			})
		}
	}
}

// prove runs the case on a new tenant, or several, and looks at the one next to them.
func (c Case) prove(t TB, next *neighbour, open func() Tenant) {
	if next.was == nil {
		next.undisturbed(t)
	}
	defer next.undisturbed(t)
	switch {
	case c.store != nil:
		s := open().Store
		c.store(t, s)
		Audit(t, s)
	case c.directory != nil:
		c.directory(t, func(people groups.PeopleChange) groups.Directory {
			of := open()
			if err := of.fill(t.Context(), people); err != nil {
				t.Fatalf("fill the directory: %v", err)
			}
			return of.Directory
		})
	default:
		c.people(t, open())
	}
}

// leftOut says why the case is not asked of a tenant, or "".
func (c Case) leftOut(of Tenant, without []Category) string {
	for _, category := range c.Needs {
		if slices.Contains(without, category) {
			return "without " + string(category)
		}
	}
	switch {
	case c.store != nil && of.Store == nil:
		return "there is no Store"
	case c.store == nil && of.Directory == nil:
		return "there is no Directory"
	case c.people != nil && of.People == nil:
		return "there are no People"
	}
	has := true
	switch c.Interface {
	case "Versioned":
		_, has = groups.As[groups.Versioned](of.Directory)
	case "Journaled":
		_, has = groups.As[groups.Journaled](of.Directory)
	case "Reporting":
		_, has = groups.As[groups.Reporting](of.Directory)
	case "Scoping":
		_, has = groups.As[groups.Scoping](of.Directory)
	}
	if !has {
		return fmt.Sprintf("the Directory is not %s, which is optional", c.Interface)
	}
	return ""
}

// capability reports whether the case is about an optional capability, which it needs to see.
func (c Case) capability() bool {
	return slices.Contains([]string{"Versioned", "Journaled", "Reporting", "Scoping"}, c.Interface)
}

// hidden is the tenant with nothing but what the interfaces have: what is here has no Unwrap.
func (of Tenant) hidden() Tenant {
	if of.Store != nil {
		of.Store = struct{ groups.Store }{of.Store}
	}
	if of.Directory != nil {
		of.Directory = struct{ groups.Directory }{of.Directory}
	}
	if of.People != nil {
		of.People = struct{ groups.People }{of.People}
	}
	return of
}

// fill puts people into a new Directory.
func (of Tenant) fill(ctx context.Context, people groups.PeopleChange) error {
	if of.People != nil {
		return of.People.Write(ctx, people)
	}
	return of.Fill(ctx, people)
}

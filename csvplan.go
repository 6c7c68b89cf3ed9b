package groups

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// An ImportPlan is what an import of people would change: step two of three. Nothing is written.
type ImportPlan struct {
	// New are the users who are in the file and not stored, Changed those stored with something
	// else than the file has, Unchanged the number of those stored as they are in the file. Changed
	// also has users of whom the file has only new enrollments.
	New, Changed []UserID
	Unchanged    int
	// Missing are the stored users who are not in the file; what becomes of them is
	// [PeopleCSV.Missing]. Nobody is missing whose key occurs anywhere in the file, if only in a
	// rejected row, and nobody at all where a key cannot be read; of a file of changes only those
	// that it names as gone.
	Missing []UserID
	// Rejected is the number of rows that count for nothing, and Issues is what was wrong with
	// them and with single cells.
	Rejected int
	Issues   []Issue
	// Findings is what is wrong with the file as a whole, sorted: columns that are not there, keys
	// that cannot be read, enrollments of strangers. Those of the evaluation are in Run.
	Findings []Finding
	// Feed compares the file with what is stored, in numbers, and Objections is where it reaches a
	// limit of [Options.FeedGuard]: [Evaluator.Import] refuses a plan that has any.
	Feed       Feed
	Objections []FeedObjection
	// Run is what the change would do to all groups.
	Run *Run
	// People is the change itself. Users that would stay as they are do not occur. Those that do may share maps and
	// lists, with each other and with the Directory, which must not be written to.
	People PeopleChange
}

// PlanImport works out what a file of people would change in the Evaluator's Directory, and which
// groups change by that and by how many, before anything is written. It reads all people twice and
// evaluates every group.
//
// A stored user keeps what the file says nothing about: other fields, and those of columns that
// are known (declared, or in the stored schema) and not in this file, each with a finding that
// names the groups that read it. The schema takes in the columns of the file; a declared type
// replaces the stored one. An enrollment file without rows is refused with [ErrNoRows] where a stored
// user is enrolled, and a column that is stored as anything but a text has to be declared
// ([ErrCSVOptions]), or the file would quietly make it one. The same file planned twice gives the
// same plan, and the order of its rows does not matter.
func (e *Evaluator) PlanImport(ctx context.Context, f *PeopleFile) (*ImportPlan, error) {
	p := &planner{
		filings: map[*fieldOrder]*filing{},
		f:       f,
		texts:   map[*column]*cells[Value]{},
		plan:    &ImportPlan{Rejected: f.Rejected, Issues: f.Issues},
		open:    map[string]map[string]bool{},
	}
	if v, ok := As[Versioned](e.dir); ok {
		// Before anything is read, so that a change while reading shows as a conflict.
		base, err := v.Version(ctx)
		if err != nil {
			return nil, fmt.Errorf("read the version of the directory: %w", err)
		}
		p.plan.People.Base = base
	}
	schema, err := e.dir.Schema(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the schema: %w", err)
	}
	if err := p.match(schema); err != nil {
		return nil, err
	}
	if p.readers, err = readReaders(ctx, e.store); err != nil {
		return nil, err
	}
	p.watch(schema)
	if err := p.people(ctx, e.dir); err != nil {
		return nil, err
	}
	if err := p.trees(ctx, e.dir); err != nil {
		return nil, err
	}
	p.object(e.opts.FeedGuard)
	if merged := p.schema(schema); !reflect.DeepEqual(merged, schema) {
		p.plan.People.Schema = merged
	}
	p.find(schema)
	if p.plan.Run, err = e.over(newOverlay(e.dir, p.plan.People)).Evaluate(ctx); err != nil {
		return nil, err
	}
	return p.plan, nil
}

// Import writes what was planned, step three of three, and then processes all groups: it returns
// what changed in them. The people are written as a whole or not at all, and no definition of a group is
// touched. Nothing is written where
//
//   - the plan has objections: a [*FeedError] lists them all, and a person may override them
//     ([Evaluator.ImportDespite]);
//   - the groups would not change exactly as the plan shows: a [*StaleError] has the difference, and
//     the plan is to be made anew;
//   - the directory changed since the plan was made and can tell ([Versioned]): the error wraps
//     [ErrConflict], and likewise;
//   - the Directory is not [People] as well: the error wraps [errors.ErrUnsupported].
//
// An error of the processing leaves the people written and every membership as it was; a later
// [Evaluator.Process] brings the groups up to date. What others change between the comparison and the
// processing shows in the run that is returned.
func (e *Evaluator) Import(ctx context.Context, p *ImportPlan, by string) (*Run, error) {
	if len(p.Objections) > 0 {
		return nil, &FeedError{slices.Clone(p.Objections)}
	}
	return e.importPlan(ctx, p, Act{Do: actImport, By: by})
}

// ImportDespite has a person import what the [FeedGuard] objects to, and say why. It does what
// [Evaluator.Import] does, and refuses what that refuses, but for the objections. A person without a
// name is refused with [ErrID].
func (e *Evaluator) ImportDespite(ctx context.Context, p *ImportPlan, by, why string) (*Run, error) {
	if strings.TrimSpace(by) == "" {
		return nil, fmt.Errorf("%w: nobody is named who overrides the feed guard", ErrID)
	}
	return e.importPlan(ctx, p, Act{Do: actOverride, By: by, Why: why, After: recorded(&p.Objections)})
}

// importPlan is the one way of a plan into the directory, with what the audit says of it, which is
// written with the groups. The groups are evaluated over the people as they will be, the people are written, and then what was
// evaluated: where another writer came in between, the groups are evaluated anew.
func (e *Evaluator) importPlan(ctx context.Context, p *ImportPlan, entry Act) (*Run, error) {
	people, ok := As[People](e.dir)
	if !ok {
		return nil, fmt.Errorf("the directory does not keep people: %w", errors.ErrUnsupported)
	}
	if err := checkText(entry.By, entry.Why); err != nil {
		return nil, err
	}
	written := false
	return e.write(ctx, "import", func() (*run, error) {
		if written {
			r, err := e.run(ctx, nil)
			if err == nil {
				r.acts = append(r.acts, entry)
			}
			return r, err
		}
		r, err := e.over(newOverlay(e.dir, p.People)).run(ctx, nil)
		if err != nil {
			return nil, err
		}
		if d := p.Run.deviations(r.result()); len(d) > 0 {
			return nil, &StaleError{Difference: d}
		}
		if entry.At = r.now; entry.After == nil {
			entry.After = recorded(p.figures())
		}
		if err := people.Write(ctx, p.People); err != nil {
			return nil, err
		}
		written = true
		r.acts = append(r.acts, entry)
		return r, nil
	})
}

// figures are what the audit says of an import.
func (p *ImportPlan) figures() *importFigures {
	return &importFigures{len(p.New), len(p.Changed), p.Unchanged, len(p.Missing), p.Rejected}
}

type importFigures struct {
	New       int `json:"new"`
	Changed   int `json:"changed"`
	Unchanged int `json:"unchanged"`
	Missing   int `json:"missing"`
	Rejected  int `json:"rejected"`
}

package law

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law/fault"
	"github.com/grouprules/groups/internal/oracle"
	"pgregory.net/rapid"
)

// A FaultyHost fails on demand.
type FaultyHost interface {
	Host
	// Arm makes the n-th thing that the evaluator asks of its sources from now on fail in that mode.
	Arm(m fault.Mode, n int)
	// Disarm ends that, and reports whether it came to it.
	Disarm() (failed bool)
}

// Faulty is an evaluator over a directory and a store that fail on demand. Silent ones end their streams instead, as
// if they had been read to the end: the mutant of a source that swallows its errors.
type Faulty struct {
	*Plain
	sources fault.Sources
	silent  bool
}

// NewFaulty makes the sources of a plain host fail.
func NewFaulty(p *Plain, silent bool) *Faulty {
	f := &Faulty{Plain: p, silent: silent}
	p.Wrap, p.WrapStore = f.sources.Directory, f.sources.Store
	return f
}

// Load disarms, since the case before may have ended halfway.
func (f *Faulty) Load(t oracle.Tenant) error {
	f.sources.Disarm()
	return f.Plain.Load(t)
}

// Arm makes the n-th thing asked for fail.
func (f *Faulty) Arm(m fault.Mode, n int) {
	if f.silent {
		m = fault.Silent
	}
	f.sources.Arm(background, m, n)
}

// Disarm ends that.
func (f *Faulty) Disarm() bool { return f.sources.Disarm() }

// AnErrorMovesNobody: whatever fails while a run reads or writes, the run says so and nothing is written.
var AnErrorMovesNobody = Law[FaultyHost]{
	Holds: func(t *rapid.T, h FaultyHost) error {
		tenant := Drawn{}.Tenant(t)
		if err := h.Load(tenant); err != nil {
			return err
		}
		before, err := snapshot(h)
		if err != nil {
			return err
		}
		g, u := tenant.Groups[rapid.IntRange(0, len(tenant.Groups)-1).Draw(t, "group")].ID, anyone(t, tenant.World).ID
		h.Arm(draw(t, "mode", fault.Before, fault.Short), rapid.IntRange(1, 60).Draw(t, "fails at"))
		what := draw(t, "run", "process", "changed", "assign")
		switch what {
		case "process":
			_, err = h.Process()
		case "changed":
			_, err = h.Changed(Touched{Users: []groups.UserID{u}, Groups: []groups.GroupID{g}})
		case "assign":
			err = h.Assign(g, u, time.Time{})
		}
		failed := h.Disarm()
		after, unread := snapshot(h)
		switch diff := cmp.Diff(before, after); {
		case unread != nil:
			return unread
		case failed && diff != "":
			return fmt.Errorf("%s met an error and wrote (error %v):\n%s", what, err, diff)
		case failed && !errors.Is(err, fault.ErrSource):
			return fmt.Errorf("%s met an error and says %v", what, err)
		case !failed && err != nil:
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	},
	Mutants: []oracle.Defect{oracle.ErrorsEndTheStream},
}

package groups

import (
	"context"
	"time"
)

// Hooks are told what an Evaluator does, for figures and logs ([Options.Hooks]). Whoever waits for the call waits for
// them; they may call the Evaluator.
type Hooks struct {
	// Ran, where set, is told of each run that was to be written, once it has ended, however it did.
	Ran func(ctx context.Context, r Ended)
}

// Ended is a run that was to be written and has ended.
type Ended struct {
	// Call is what was asked for: "process", "changed", "publish", "adopt", "approve", "import", of people who put
	// users in or take them out "decide", and "delete" and "forget" with which members leave.
	Call string
	// Run is what was written, to be read only; nil where nothing was, which Err says why. Of "delete" and "forget",
	// which evaluate nothing, it has the leaves alone.
	Run *Run
	Err error
	// Users is how many users were looked at: everybody where a group was evaluated for everybody, else those whom the
	// change concerned: with "delete" the members, with "forget" the one.
	Users int
	// Conflicts is how often it began again because others wrote what it had read.
	Conflicts int
	// Took is how long it took, by [Options.Now], waiting for others included.
	Took time.Duration
}

// telling carries out what evaluates nothing, and tells hooks.
func (e *Evaluator) telling(ctx context.Context, call string, act func(*Ended) error) error {
	ended := Ended{Call: call}
	if e.opts.Hooks == nil || e.opts.Hooks.Ran == nil {
		return act(&ended)
	}
	began := e.opts.Now()
	if ended.Err = act(&ended); ended.Err != nil {
		ended.Run = nil
	}
	ended.Took = e.opts.Now().Sub(began)
	e.opts.Hooks.Ran(ctx, ended)
	return ended.Err
}

// leaves are the leaves that a commit writes, as a run.
func leaves(c *Commit, now time.Time) *Run {
	out := &Run{Now: now, Diffs: []Diff{}, Held: []*Plan{}, Findings: []Finding{}}
	for _, w := range c.Writes {
		if len(w.Changes) > 0 {
			out.Diffs = append(out.Diffs, Diff{
				Group: w.Group, Joined: []Change{}, Left: w.Changes, Switched: []Change{}, Undecided: []Member{}, Withheld: []Change{},
			})
		}
	}
	return out
}

// write evaluates and applies, and does so again where what was read has changed meanwhile.
func (e *Evaluator) write(ctx context.Context, call string, evaluate func() (*run, error)) (*Run, error) {
	if e.opts.Hooks == nil || e.opts.Hooks.Ran == nil {
		return e.carryOut(ctx, evaluate)
	}
	began, tries := e.opts.Now(), 0
	ended := Ended{Call: call}
	ended.Run, ended.Err = e.carryOut(ctx, func() (*run, error) {
		tries++
		r, err := evaluate()
		if r != nil {
			ended.Users = r.looked
		}
		return r, err
	})
	ended.Conflicts = max(0, tries-1)
	ended.Took = e.opts.Now().Sub(began)
	e.opts.Hooks.Ran(ctx, ended)
	return ended.Run, ended.Err
}

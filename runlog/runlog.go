// Package runlog writes to a [slog.Logger] what an Evaluator does: which runs there were, how many users they looked
// at, how many joined, left or switched, what the guard holds, what failed, and how long it took.
//
//	ev := groups.NewEvaluator(dir, store, &groups.Options{Hooks: runlog.Hooks(logger)})
//
// Groups are named by their IDs and users only counted. What people have, what a rule asks and what an error says are
// never written: an error of a source may hold a row of it.
//
// The package knows package groups and nothing else of the host.
package runlog

import (
	"context"
	"errors"
	"log/slog"

	"github.com/grouprules/groups"
)

// Hooks write every run as one record, with "run" as its message: at Info, at Debug where nothing changed, at Warn
// where the guard holds groups, which are then named, and at Error where it failed. Where the logger is enabled for
// Debug, each group that changed is a record as well, with "group" as its message.
func Hooks(to *slog.Logger) *groups.Hooks {
	return &groups.Hooks{Ran: func(ctx context.Context, r groups.Ended) {
		attrs := []slog.Attr{
			slog.String("call", r.Call), slog.Int("users", r.Users), slog.Int("conflicts", r.Conflicts), slog.Duration("took", r.Took),
		}
		if r.Err != nil {
			to.LogAttrs(ctx, slog.LevelError, "run", append(attrs, slog.String("failed", kind(r.Err)))...)
			return
		}
		joined, left, switched, undecided := 0, 0, 0, 0
		for _, d := range r.Run.Diffs {
			joined, left = joined+len(d.Joined), left+len(d.Left)
			switched, undecided = switched+len(d.Switched), undecided+len(d.Undecided)
			if !d.Empty() {
				to.LogAttrs(ctx, slog.LevelDebug, "group", slog.String("group", string(d.Group)),
					slog.Int("joined", len(d.Joined)), slog.Int("left", len(d.Left)), slog.Int("switched", len(d.Switched)))
			}
		}
		held := make([]string, len(r.Run.Held))
		for i, p := range r.Run.Held {
			held[i] = string(p.Group.ID)
		}
		level := slog.LevelInfo
		switch {
		case len(held) > 0:
			level = slog.LevelWarn
		case r.Run.Empty():
			level = slog.LevelDebug
		}
		to.LogAttrs(ctx, level, "run", append(attrs,
			slog.Int("joined", joined), slog.Int("left", left), slog.Int("switched", switched), slog.Int("undecided", undecided),
			slog.Int("findings", len(r.Run.Findings)), slog.Any("held", held))...)
	}}
}

// kind says what kind of error it is, in a word, and nothing of what it says.
func kind(err error) string {
	for _, k := range []struct {
		wraps error
		word  string
	}{
		{context.Canceled, "cancelled"}, {context.DeadlineExceeded, "timeout"}, {groups.ErrConflict, "conflict"}, {groups.ErrStale, "stale"},
		{groups.ErrPlan, "plan"}, {groups.ErrNotFound, "notFound"}, {groups.ErrEligible, "refused"}, {groups.ErrExcluded, "refused"},
		{groups.ErrAssigned, "refused"}, {groups.ErrCycle, "cycle"}, {groups.ErrReferred, "referred"}, {groups.ErrGroup, "invalid"}, {groups.ErrSchema, "schema"},
	} {
		if errors.Is(err, k.wraps) {
			return k.word
		}
	}
	return "source"
}

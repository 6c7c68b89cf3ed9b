package groups

import (
	"context"
	"iter"
	"strconv"
	"time"
)

// This file holds the change feed of a Memory. A first run of many people writes as many changes as
// standings, so that what those of a run share is kept once.

// memoryChange is a change with its place in the feed; the cursor is spelt when it is read.
type memoryChange struct {
	number uint64
	user   UserID
	id     string
	shared *sharedChange
}

// sharedChange is what changes that were written one behind the other share; it is not written to once
// it is filed.
type sharedChange struct {
	group         GroupID
	kind          ChangeKind
	before, after Method
	cause         Cause
	at            time.Time
	by            string
}

// feedChanges adds changes to the feed.
func (m *Memory) feedChanges(changes []Change) {
	var last *sharedChange
	for i := range changes {
		c := &changes[i]
		shared := sharedChange{c.Group, c.Kind, c.Before, c.After, c.Cause, c.At, c.By}
		if last == nil || shared != *last {
			own := shared
			last = &own
		}
		m.last++
		m.feed.Add(memoryChange{m.last, c.User, c.ID, last})
	}
}

// Changes yields the feed after a cursor. A cursor that this Memory has not given out is an error:
// one kept from an earlier process would otherwise pass over changes in silence.
func (m *Memory) Changes(ctx context.Context, after string) iter.Seq2[Change, error] {
	return memoryStream(ctx, func() (iter.Seq[*memoryChange], error) {
		feed := m.feed
		first, err := behind(after, m.last, feed.Len(), func(i int) uint64 { return feed.At(i).number })
		return feed.From(first), err
	}, &m.mu, func(c *memoryChange, yield func(Change, error) bool) bool {
		s := c.shared
		return yield(Change{
			Group: s.group, User: c.user, Kind: s.kind, Before: s.before, After: s.after, Cause: s.cause, At: s.at, By: s.by,
			ID: c.id, Cursor: strconv.FormatUint(c.number, 10),
		}, nil)
	})
}

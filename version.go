package groups

import (
	"bytes"
	"context"
	"fmt"
)

// keptVersions is how many versions of its criteria a group keeps, as in Docebo.
const keptVersions = 10

// versionKey is the key of the criteria that were saved with a revision, in their order.
func versionKey(revision uint64) string { return fmt.Sprintf("%020d", revision) }

// versionNotes are what is to be kept of a definition that is about to be saved.
func (e *Evaluator) versionNotes(ctx context.Context, before, after *Group) ([]Note, error) {
	stored, err := collect(e.store.Notes(ctx, NoteVersion, after.ID))
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return withVersion(stored, before, after), nil
}

// withVersion keeps other criteria as a version, in the place of the oldest where there are ten.
func withVersion(stored []Note, before, after *Group) []Note {
	var none Criteria
	was := recorded(&none)
	if before != nil {
		was = recorded(&before.Criteria)
	}
	if bytes.Equal(was, recorded(&after.Criteria)) {
		return nil
	}
	version := *after
	version.Revision++
	key := versionKey(version.Revision)
	for len(stored) > 0 && stored[len(stored)-1].Key >= key {
		stored = stored[:len(stored)-1] // of an edit that came in between, against which the Store refuses this one
	}
	notes := []Note{{Kind: NoteVersion, Group: after.ID, Key: key, By: after.SavedBy, At: after.SavedAt, Data: recorded(&version)}}
	for _, old := range stored[:max(0, len(stored)+1-keptVersions)] {
		old.Data = nil
		notes = append(notes, old)
	}
	return notes
}

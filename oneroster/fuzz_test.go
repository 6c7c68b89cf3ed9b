package oneroster_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/oneroster"
)

// Whatever the files are, a bundle is refused or can be planned, and is applied once.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"bulk-1.1", "delta-1.1", "bulk-1.2", "refused"} {
		b := own(f, name)
		f.Add(b["manifest"], b["orgs"], b["users"], b["roles"], b["classes"], b["enrollments"])
	}
	f.Add("", "", "", "", "", "")
	f.Fuzz(func(t *testing.T, manifest, orgs, users, roles, classes, enrollments string) {
		in := bundle{}.with("manifest", manifest, "orgs", orgs, "users", users, "roles", roles, "classes", classes, "enrollments", enrollments)
		b, err := oneroster.Read(in.folder(), &oneroster.Options{Mode: oneroster.Bulk, Agents: []string{"teacher"}, Missing: groups.RemoveMissing, Fields: grades(), MaxBytes: 1 << 20})
		if err != nil {
			return
		}
		s := newSchool(t)
		people, err := b.People(t.Context(), s)
		if err != nil {
			t.Fatalf("%v was read, and is no file of people: %v", b, err)
		}
		p, err := s.ev.PlanImport(t.Context(), people)
		if err != nil {
			t.Fatalf("%v was read, and cannot be planned: %v", b, err)
		}
		if _, err := s.ev.Import(t.Context(), p, "ann"); err != nil {
			t.Fatalf("%v was planned, and cannot be imported: %v", b, err)
		}
		if again := s.plan(t, b); !settled(again) {
			t.Errorf("applied once more it would change %+v", again.People)
		}
	})
}

func FuzzReadZip(f *testing.F) {
	f.Add(own(f, "bulk-1.2").zip(f))
	f.Add(small().zip(f))
	f.Add([]byte("PK\x05\x06"))
	f.Fuzz(func(t *testing.T, data []byte) {
		b, err := oneroster.ReadZip(bytes.NewReader(data), int64(len(data)), &oneroster.Options{MaxBytes: 1 << 20})
		if refused, is := errors.AsType[*oneroster.Error](err); is && len(refused.Problems) == 0 {
			t.Error("refused for nothing")
		}
		if err == nil && b == nil {
			t.Error("nothing was read, and nothing is wrong")
		}
	})
}

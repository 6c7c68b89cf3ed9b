package groups_test

import (
	"errors"
	"testing"
	"time"

	"github.com/grouprules/groups"
)

func TestAChangeIsACloudEvent(t *testing.T) {
	c := groups.Change{
		Group: "new hires", User: "ada/lovelace", Kind: groups.Joined, After: groups.Automatic, Cause: "rule",
		At: time.Date(2026, 3, 1, 13, 0, 0, 5, time.FixedZone("", 3600)), ID: "e1-7-ada", Cursor: "41",
	}
	got, err := c.CloudEvent("https://lms.example/tenants/acme")
	want := `{"specversion":"1.0","id":"e1-7-ada","source":"https://lms.example/tenants/acme","type":"groups.membership.joined",` +
		`"subject":"new%20hires/ada%2Flovelace","time":"2026-03-01T12:00:00.000000005Z","datacontenttype":"application/json",` +
		`"data":{"group":"new hires","user":"ada/lovelace","kind":"joined","before":"outside","after":"automatic","cause":"rule",` +
		`"at":"2026-03-01T13:00:00.000000005+01:00","id":"e1-7-ada"}}`
	if err != nil || string(got) != want {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	for source, why := range map[string]string{"": "a blank source", "a\x00b": "a source that is no URI reference"} {
		if _, err := c.CloudEvent(source); !errors.Is(err, groups.ErrValue) {
			t.Errorf("%s: %v", why, err)
		}
	}
	c.ID = ""
	if _, err := c.CloudEvent("/acme"); !errors.Is(err, groups.ErrValue) {
		t.Errorf("a change that was not written: %v", err)
	}
}

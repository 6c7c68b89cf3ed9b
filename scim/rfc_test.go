package scim_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups/scim"
)

// The messages that RFC 7643 and RFC 7644 print: what people the users are, or why they are none, and what of the user
// and of the group that RFC 7643 prints is changed by the operations.
func TestTheMessagesOfTheRFCsAreRead(t *testing.T) {
	tr := translator(t, func(m *scim.Mapping) {
		m.Attributes = slices.DeleteFunc(m.Attributes, func(a scim.Attribute) bool { return a.Path == "userType" || a.Path == "locale" })
	})
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join("testdata", "rfc", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	user, group := resource(t, string(read("rfc7643-8.3-enterprise_user.json"))), resource(t, string(read("rfc7643-8.4-group.json")))
	fewer := resource(t, string(read("rfc7644-3.4.1-user-known-resource.json"))) // who lacks what the operations add
	entries, err := os.ReadDir(filepath.Join("testdata", "rfc"))
	if err != nil {
		t.Fatal(err)
	}
	known := maps.Clone(rfcMessages)
	for _, e := range entries {
		name := e.Name()
		want, there := known[name]
		delete(known, name)
		if !there {
			if name != "README.md" {
				t.Errorf("nothing is said of %s", name)
			}
			continue
		}
		var got string
		if !strings.Contains(name, "patch_op") {
			u, err := tr.Person(resource(t, string(read(name))))
			text, fails := json.Marshal(u)
			if fails != nil {
				t.Fatal(fails)
			}
			if got = string(text); err != nil {
				got = err.Error()
			}
		} else {
			of := user
			switch {
			case strings.Contains(name, "member"):
				of = group
			case strings.Contains(name, "_email"):
				of = fewer
			}
			is, err := of.Patch(read(name))
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			got = changed(t, of, is)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name := range known {
		t.Errorf("%s is not there", name)
	}
}

// changed are the attributes that differ between two resources, as they are in the second, a line each; of the values
// of a list those that are not in the first, and how many there are.
func changed(t testing.TB, was, is *scim.Resource) string {
	t.Helper()
	read := func(r *scim.Resource) (doc map[string]any) {
		data, err := r.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		return doc
	}
	before, after := read(was), read(is)
	var lines []string
	for name := range before {
		if _, there := after[name]; !there {
			lines = append(lines, name+" is gone")
		}
	}
	for name, now := range after {
		old, list := before[name].([]any)
		values, several := now.([]any)
		switch {
		case reflect.DeepEqual(before[name], now):
		case list && several:
			line := fmt.Sprintf("%s (%d)", name, len(values))
			for _, v := range values {
				if !slices.ContainsFunc(old, func(o any) bool { return reflect.DeepEqual(o, v) }) {
					text, err := json.Marshal(v)
					if err != nil {
						t.Fatal(err)
					}
					line += " " + string(text)
				}
			}
			lines = append(lines, line)
		default:
			lines = append(lines, fmt.Sprintf("%s %v", name, now))
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// rfcMessages are what becomes of each: checked by hand against what is printed. IDs that the RFC shortens are nobody's.
var rfcMessages = map[string]string{
	"rfc7643-8.1-user-minimal.json":          `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{"instant":"2010-01-23T04:56:22Z"},"name":{},"tags":{},"title":{},"username":{"text":["bjensen@example.com"]}},"units":{"site":[]}}`,
	"rfc7643-8.2-user-full.json":             `{"id":"2819c223-7f76-453a-919d-413861904646","activation":"active","fields":{"email":{"text":["bjensen@example.com"]},"joined":{"instant":"2010-01-23T04:56:22Z"},"name":{"text":["Babs Jensen"]},"tags":{},"title":{"text":["Tour Guide"]},"username":{"text":["bjensen@example.com"]}},"units":{"site":["Hollywood"]}}`,
	"rfc7643-8.3-enterprise_user.json":       `{"id":"2819c223-7f76-453a-919d-413861904646","activation":"active","fields":{"department":{"text":["Tour Operations"]},"email":{"text":["bjensen@example.com"]},"joined":{"instant":"2010-01-23T04:56:22Z"},"name":{"text":["Babs Jensen"]},"number":{"text":["701984"]},"tags":{},"title":{"text":["Tour Guide"]},"username":{"text":["bjensen@example.com"]}},"units":{"site":["Hollywood"]},"manager":"26118915-6090-4610-87e4-49d8ca9f808d"}`,
	"rfc7643-8.4-group.json":                 `scim: column 1: schemas: not SCIM: not the resource of a user`,
	"rfc7644-3.14-user-post_request.json":    `scim: column 1: id: wrong value: the user has no ID`,
	"rfc7644-3.14-user-post_response.json":   `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{"instant":"2011-08-01T21:32:44.882Z"},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
	"rfc7644-3.3-user-post_request.json":     `scim: column 1: id: wrong value: the user has no ID`,
	"rfc7644-3.3-user-post_response.json":    `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{"instant":"2011-08-01T21:32:44.882Z"},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
	"rfc7644-3.4.1-user-known-resource.json": `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{"text":["bjensen@example.com"]},"joined":{"instant":"2011-08-01T18:29:49.793Z"},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
	"rfc7644-3.5.1-user-put_request.json":    `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
	"rfc7644-3.5.1-user-put_response.json":   `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{"instant":"2011-08-08T04:56:22Z"},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
	"rfc7644-3.5.2.1-patch_op-add_emails.json": `emails (2) {"type":"home","value":"babs@jensen.org"}
nickname Babs`,
	"rfc7644-3.5.2.1-patch_op-add_members.json":                `members (3) {"$ref":"https://example.com/v2/Users/2819c223...413861904646","display":"Babs Jensen","value":"2819c223-7f76-453a-919d-413861904646"}`,
	"rfc7644-3.5.2.2-patch_op-remove_all_members.json":         `members is gone`,
	"rfc7644-3.5.2.2-patch_op-remove_and_add_one_member.json":  `members (3) {"$ref":"https://example.com/v2/Users/08e1d05d...473d93df9210","display":"James Smith","value":"08e1d05d...473d93df9210"}`,
	"rfc7644-3.5.2.2-patch_op-remove_multi_complex_value.json": `emails (1)`,
	"rfc7644-3.5.2.2-patch_op-remove_one_member.json":          ``,
	"rfc7644-3.5.2.3-patch_op-replace_all_email_values.json": `emails (2) {"primary":true,"type":"work","value":"bjensen@example.com"} {"type":"home","value":"babs@jensen.org"}
nickname Babs`,
	"rfc7644-3.5.2.3-patch_op-replace_all_members.json":       `members (2) {"$ref":"https://example.com/v2/Users/2819c223...413861904646","display":"Babs Jensen","value":"2819c223-7f76-453a-919d-413861904646"} {"$ref":"https://example.com/v2/Users/08e1d05d...473d93df9210","display":"James Smith","value":"08e1d05d-121c-4561-8b96-473d93df9210"}`,
	"rfc7644-3.5.2.3-patch_op-replace_street_address.json":    `addresses (2) {"country":"USA","formatted":"100 Universal City Plaza\nHollywood, CA 91608 USA","locality":"Hollywood","postalCode":"91608","primary":true,"region":"CA","streetAddress":"1010 Broadway Ave","type":"work"}`,
	"rfc7644-3.5.2.3-patch_op-replace_user_work_address.json": `addresses (2) {"country":"US","formatted":"911 Universal City Plaza\nHollywood, CA 91608 US","locality":"Hollywood","postalCode":"91608","primary":true,"region":"CA","streetAddress":"911 Universal City Plaza","type":"work"}`,
	"rfc7644-3.9-user-partial_response.json":                  `{"id":"2819c223-7f76-453a-919d-413861904646","fields":{"email":{},"joined":{},"name":{},"tags":{},"title":{},"username":{"text":["bjensen"]}},"units":{"site":[]}}`,
}

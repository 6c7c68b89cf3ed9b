package strictjson_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/grouprules/groups/internal/strictjson"
)

// drawDocument is a document without numbers, which a Reader does not read.
func drawDocument(t *rapid.T, depth int) any {
	text := rapid.OneOf(rapid.StringN(0, 4, 12), rapid.SampledFrom([]string{"", "a", "\"", "\\", "\n", "é", "\U0001f600"}))
	kinds := 6
	if depth == 0 {
		kinds = 4
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "truth")
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			list = append(list, drawDocument(t, depth-1))
		}
		return list
	case 5:
		object := map[string]any{}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			object[text.Draw(t, "key")] = drawDocument(t, depth-1)
		}
		return object
	}
	return text.Draw(t, "text")
}

// walk reads what v says there is, and returns what there was.
func walk(r *strictjson.Reader, v strictjson.Value) strictjson.Value {
	read := strictjson.Value{Kind: v.Kind}
	switch v.Kind {
	case strictjson.String:
		read.Text = r.Text()
	case strictjson.Bool:
		read.Bool = r.Bool()
	case strictjson.Array:
		for i := range r.Array() {
			if i == len(v.Items) {
				r.Fail("another element")
				break
			}
			read.Items = append(read.Items, walk(r, v.Items[i]))
		}
	case strictjson.Object:
		n := 0
		for key := range r.Object() {
			if n == len(v.Items) {
				r.Fail("another member")
				break
			}
			read.Keys, read.Items = append(read.Keys, key), append(read.Items, walk(r, v.Items[n]))
			n++
		}
	default:
		if !r.Null() {
			r.Fail("not null")
		}
	}
	return read
}

func TestAReaderReadsWhatParseReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data, err := json.Marshal(drawDocument(t, 3))
		if err != nil {
			t.Fatal(err)
		}
		whole, problems := strictjson.Parse(data, strictjson.Limits{})
		if len(problems) > 0 {
			return // such as U+0000
		}
		r := strictjson.NewReader(data)
		read := walk(r, whole)
		if err := r.Close(); err != nil {
			t.Fatalf("%s: %v", data, err)
		}
		if diff := cmp.Diff(whole, read); diff != "" {
			t.Fatalf("%s (-parsed +read):\n%s", data, diff)
		}

		// Broken, it is refused by both, or is another document to both.
		at := rapid.IntRange(0, len(data)-1).Draw(t, "at")
		broken := slices.Clone(data)
		if rapid.Bool().Draw(t, "cut out") {
			broken = slices.Delete(broken, at, at+1)
		} else {
			broken[at] = rapid.SampledFrom([]byte(`{}[]",:\ x0`+"\x00\xff")).Draw(t, "byte")
		}
		other, problems := strictjson.Parse(broken, strictjson.Limits{})
		if len(problems) > 0 {
			other = whole
		}
		r = strictjson.NewReader(broken)
		walk(r, other)
		if err := r.Close(); (err != nil) != (len(problems) > 0) && !hasNumber(other) {
			t.Fatalf("%s: parsed with %v, read with %v", broken, problems, err)
		}
	})
}

func hasNumber(v strictjson.Value) bool {
	return v.Kind == strictjson.Number || slices.ContainsFunc(v.Items, hasNumber)
}

package strictjson_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/grouprules/groups/internal/strictjson"
	"pgregory.net/rapid"
)

type problems = []strictjson.Problem

func TestADocumentIsReadAsWritten(t *testing.T) {
	got, bad := strictjson.Parse([]byte(" {\"a\": [1.50, -0e+7, true, null], \"\": {}, \"z\\/\": \"\\ud83d\\ude00 é\\n\"}\r\n"), strictjson.Limits{})
	want := strictjson.Value{
		Kind: strictjson.Object,
		Keys: []string{"a", "", "z/"},
		Items: []strictjson.Value{
			{Kind: strictjson.Array, Items: []strictjson.Value{
				{Kind: strictjson.Number, Text: "1.50"},
				{Kind: strictjson.Number, Text: "-0e+7"},
				{Kind: strictjson.Bool, Bool: true},
				{},
			}},
			{Kind: strictjson.Object},
			{Kind: strictjson.String, Text: "😀 é\n"},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" || bad != nil {
		t.Errorf("%v (-want +got):\n%s", bad, diff)
	}
	if v, ok := got.Get("z/"); !ok || v.Kind != strictjson.String {
		t.Errorf("z/ is %v, %v", v, ok)
	}
	if v, ok := got.Get("A"); ok {
		t.Errorf("A is %v, though names have a case", v)
	}
}

func TestWhatIsRefusedSaysWhereAndWhy(t *testing.T) {
	for _, c := range []struct {
		in   string
		want problems
		why  string
	}{
		{`{"a":1,"a":2}`, problems{{"/a", 7, `duplicate key "a"`}}, "which of the two is meant?"},
		{`{"a":1,"\u0061":2}`, problems{{"/a", 7, `duplicate key "a"`}}, "names are compared decoded"},
		{`{"a":1,"a":2,"b":[{"c/d":0,"c/d":0}],"a":3}`, problems{
			{"/a", 7, `duplicate key "a"`}, {"/b/0/c~1d", 27, `duplicate key "c/d"`}, {"/a", 37, `duplicate key "a"`},
		}, "all duplicates at once, each at its place"},
		{`{"a":1,"A":2}`, nil, "names differ by case"},
		{"[\"x\xff\xfe\"]", problems{{"/0", 3, "invalid UTF-8"}}, "encoding/json would put U+FFFD there; one problem a string is enough"},
		{"[\"\xed\xa0\x80\"]", problems{{"/0", 2, "invalid UTF-8"}}, "a surrogate is no character, encoded or escaped"},
		{"{\"\xff\":1,\"\xfe\":2}", problems{{"", 2, "invalid UTF-8"}, {"", 8, "invalid UTF-8"}}, "unreadable keys are no duplicates"},
		{"[\xff]", problems{{"/0", 1, "invalid UTF-8"}}, "... anywhere"},
		{`"\ud83d"`, problems{{"", 1, `lone surrogate \ud83d`}}, "half a pair"},
		{`"\ude00\ud83d"`, problems{{"", 1, `lone surrogate \ude00`}}, "... and two halves in the wrong order"},
		{`"\ud83d\ud83d\ude00"`, problems{{"", 1, `lone surrogate \ud83d`}}, "... and one and a half"},
		{`"\ud83d\u0041"`, problems{{"", 1, `lone surrogate \ud83d`}}, "... and half and another"},
		{`{"n":"a\u0000"}`, problems{{"/n", 7, "U+0000"}}, "PostgreSQL could not store it"},
		{`{"n\u0000":0}`, problems{{"", 3, "U+0000"}}, "... in a key neither"},
		{`"\uFFFD"`, nil, "a replacement character that was written is a character"},
		{"\"\xef\xbf\xbd\u2028\x7f\"", nil, "... and these are allowed in strings"},
		{`1 2`, problems{{"", 2, "trailing data"}}, "one document"},
		{`{}}`, problems{{"", 2, "trailing data"}}, "... and nothing more"},
		{`nullx`, problems{{"", 4, "trailing data"}}, "... however close"},
		{`01`, problems{{"", 1, "trailing data"}}, "a number has no leading zero"},
		{`{"a":1,"a":2} x`, problems{{"/a", 7, `duplicate key "a"`}, {"", 14, "trailing data"}}, "both"},
		{``, problems{{"", 0, "unexpected end, want a value"}}, "nothing is not null"},
		{"\ufeff{}", problems{{"", 0, `unexpected '\ufeff', want a value`}}, "a byte order mark is no white space"},
		{`[1,]`, problems{{"/1", 3, `unexpected ']', want a value`}}, "no comma before the end"},
		{`[1 2]`, problems{{"", 3, `unexpected '2', want "," or "]"`}}, "a comma between elements"},
		{`{"a":1,}`, problems{{"", 7, `unexpected '}', want a key`}}, "no comma before the end"},
		{`{"a" 1}`, problems{{"/a", 5, `unexpected '1', want ":"`}}, "a colon after the key"},
		{`{"a":1;}`, problems{{"", 6, `unexpected ';', want "," or "}"`}}, "a comma between members"},
		{`{a:1}`, problems{{"", 1, `unexpected 'a', want a key`}}, "keys are quoted"},
		{`['a']`, problems{{"/0", 1, `unexpected '\'', want a value`}}, "... twice"},
		{`[1.]`, problems{{"/0", 3, `unexpected ']', want a digit`}}, "a fraction has digits"},
		{`-`, problems{{"", 1, `unexpected end, want a digit`}}, "... and so has a number"},
		{`[1e+]`, problems{{"/0", 4, `unexpected ']', want a digit`}}, "... and an exponent"},
		{`[.5]`, problems{{"/0", 1, `unexpected '.', want a value`}}, "... before the point too"},
		{`[NaN]`, problems{{"/0", 1, `unexpected 'N', want a value`}}, "JSON knows finite numbers"},
		{"\"a\nb\"", problems{{"", 2, "unescaped control character U+000A"}}, "a line end ends no string"},
		{"[\x00]", problems{{"/0", 1, `unexpected '\x00', want a value`}}, "zero bytes are not the end"},
		{`"\x41"`, problems{{"", 1, "invalid escape"}}, "JSON has eight short escapes"},
		{`"\u00g0"`, problems{{"", 1, "invalid escape"}}, "... and a long one of four digits"},
		{`"\u+123"`, problems{{"", 1, "invalid escape"}}, "... without a sign"},
		{`"abc`, problems{{"", 4, "unexpected end, want a closing quote"}}, "cut off"},
		{`"\`, problems{{"", 1, "invalid escape"}}, "... in an escape"},
		{`[[[`, problems{{"/0/0/0", 3, "unexpected end, want a value"}}, "... in the depths"},
		{"[1] // one", problems{{"", 4, "trailing data"}}, "no comments"},
		{"[/**/]", problems{{"/0", 1, `unexpected '/', want a value`}}, "... of any kind"},
	} {
		v, got := strictjson.Parse([]byte(c.in), strictjson.Limits{})
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%q: %s (-want +got):\n%s", c.in, c.why, diff)
		}
		if len(got) > 0 && !cmp.Equal(v, strictjson.Value{}) {
			t.Errorf("%q has problems and a value, %v", c.in, v)
		}
	}
}

func TestLimitsEndTheReading(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	for _, c := range []struct {
		in   string
		lim  strictjson.Limits
		want problems
		why  string
	}{
		{`[1]`, strictjson.Limits{Bytes: 3}, nil, "exactly the limit"},
		{`[1] `, strictjson.Limits{Bytes: 3}, problems{{"", 3, "longer than 3 bytes"}}, "white space counts"},
		{`{{{{`, strictjson.Limits{Bytes: 3}, problems{{"", 3, "longer than 3 bytes"}}, "size is looked at first"},
		{`{"a":[1]}`, strictjson.Limits{Depth: 2}, nil, "a scalar adds no depth"},
		{`{"a":[1,{}]}`, strictjson.Limits{Depth: 2}, problems{{"/a/1", 8, "nested deeper than 2"}}, "the brackets do"},
		{`[[],[],[]]`, strictjson.Limits{Depth: 2}, nil, "depth is not breadth"},
		{deep(10_000), strictjson.Limits{}, nil, "as deep as encoding/json"},
		{deep(20_000), strictjson.Limits{}, problems{{strings.Repeat("/0", 10_000), 10_000, "nested deeper than 10000"}}, "... and no deeper"},
		{deep(20_000), strictjson.Limits{Depth: 50_000}, problems{{strings.Repeat("/0", 10_000), 10_000, "nested deeper than 10000"}}, "... whoever asks"},
	} {
		_, got := strictjson.Parse([]byte(c.in), c.lim)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%.20q: %s (-want +got):\n%.2000s", c.in, c.why, diff)
		}
	}
}

func TestAMillionProblemsAreAHundred(t *testing.T) {
	doc := strings.Repeat(`{"a":`, 9_000) + `{"a":0` + strings.Repeat(`,"a":0`, 1_000_000)
	if _, got := strictjson.Parse([]byte(doc), strictjson.Limits{}); len(got) != 100 {
		t.Errorf("%d problems", len(got))
	}
}

func TestAPointerFindsItsToken(t *testing.T) {
	for token, want := range map[string]string{"": "/p/", "a": "/p/a", "a/b": "/p/a~1b", "~": "/p/~0", "~1": "/p/~01", "/~": "/p/~1~0"} {
		if got := strictjson.Pointer("/p", token); got != want {
			t.Errorf("Pointer(%q) = %q, want %q", token, got, want)
		}
	}
}

func TestAWrittenStringReadsBack(t *testing.T) {
	for in, want := range map[string]string{
		"<b>&é😀\x7f/":                        "\"<b>&é😀\x7f/\"",
		"\"\\\b\f\n\r\t\x00\x1f\u2028\u2029": `"\"\\\b\f\n\r\t\u0000\u001f\u2028\u2029"`,
		"a\xffb":                             "\"a\ufffdb\"",
	} {
		if got := string(strictjson.AppendString(nil, in)); got != want {
			t.Errorf("%q is written %s, want %s", in, got, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.StringMatching("[\x01-\x7f]*")).Draw(t, "s")
		s = strings.ReplaceAll(s, "\x00", "")
		data := strictjson.AppendString([]byte("["), s)
		v, bad := strictjson.Parse(append(data, ']'), strictjson.Limits{})
		if bad != nil || v.Items[0].Text != s {
			t.Fatalf("%q is written %s, which reads as %v, %v", s, data, v, bad)
		}
	})
}

func TestEveryKindHasAName(t *testing.T) {
	for k := strictjson.Null; k <= strictjson.Object; k++ {
		if k.String() == strictjson.Kind(255).String() {
			t.Errorf("kind %d has none", k)
		}
	}
}

// plain is v as encoding/json with UseNumber reads it.
func plain(v strictjson.Value) any {
	switch v.Kind {
	case strictjson.Bool:
		return v.Bool
	case strictjson.Number:
		return json.Number(v.Text)
	case strictjson.String:
		return v.Text
	case strictjson.Array:
		items := []any{}
		for _, item := range v.Items {
			items = append(items, plain(item))
		}
		return items
	case strictjson.Object:
		members := map[string]any{}
		for i, key := range v.Keys {
			members[key] = plain(v.Items[i])
		}
		return members
	default:
		return nil
	}
}

// repeats finds a key that encoding/json reads twice in one object.
func repeats(dec *json.Decoder) (key string, found bool, err error) {
	tok, err := dec.Token()
	if err != nil {
		return "", false, err
	}
	open, ok := tok.(json.Delim)
	if !ok {
		return "", false, nil
	}
	seen := map[string]bool{}
	for dec.More() {
		if open == '{' {
			tok, err := dec.Token()
			if err != nil {
				return "", false, err
			}
			key := tok.(string)
			if seen[key] {
				return key, true, nil
			}
			seen[key] = true
		}
		if key, found, err := repeats(dec); found || err != nil {
			return key, found, err
		}
	}
	_, err = dec.Token()
	return "", false, err
}

// agrees checks one document against encoding/json, both ways.
func agrees(t interface{ Fatalf(string, ...any) }, data []byte) {
	v, bad := strictjson.Parse(data, strictjson.Limits{})
	valid := json.Valid(data)
	if len(bad) == 0 && !valid {
		t.Fatalf("%q is accepted and no JSON", data)
	}
	if !valid {
		return
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	key, twice, err := repeats(dec)
	if err != nil && err != io.EOF {
		t.Fatalf("%q: %v", data, err)
	}
	if len(bad) > 0 {
		// A refusal of valid JSON has one of the reasons we promise.
		for _, p := range bad {
			ours := strings.HasPrefix(p.Reason, "duplicate key") && twice || strings.HasPrefix(p.Reason, "lone surrogate") ||
				p.Reason == "U+0000" || p.Reason == "invalid UTF-8" && !utf8.Valid(data)
			if !ours {
				t.Fatalf("%q is JSON and refused: %v", data, p)
			}
		}
		return
	}
	if twice {
		t.Fatalf("%q is accepted with %q twice", data, key)
	}
	if !utf8.Valid(data) {
		t.Fatalf("%q is accepted and no UTF-8", data)
	}
	var want any
	dec = json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&want); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	if got := plain(v); !cmp.Equal(want, got) {
		t.Fatalf("%q reads as %v, encoding/json reads %v", data, got, want)
	}
}

func TestWhatIsAcceptedReadsAsEncodingJSONReadsIt(t *testing.T) {
	piece := rapid.SampledFrom(strings.Fields(`{ } [ ] , : "a" "b" "\u0061" "" "\ud83d\ude00" "\ud83d" "\u0000" 0 -1.5e3 01 1. true false null nul / \`))
	var value func(depth int) *rapid.Generator[string]
	value = func(depth int) *rapid.Generator[string] {
		scalar := rapid.SampledFrom([]string{`"a"`, `"\u00e9\n"`, `"\ud83d\ude00"`, "0", "-1.5e3", "true", "null", `"\udc00"`, "\"\xff\"", ` "" `})
		if depth == 0 {
			return scalar
		}
		return rapid.OneOf(scalar, rapid.Custom(func(t *rapid.T) string {
			items := rapid.SliceOfN(value(depth-1), 0, 4).Draw(t, "items")
			if rapid.Bool().Draw(t, "array") {
				return "[" + strings.Join(items, ",") + "]"
			}
			for i := range items {
				items[i] = fmt.Sprintf("%s :%s", rapid.SampledFrom([]string{`"a"`, `"b"`, `"c"`, `"d"`, `"\u0061"`, `"~/"`}).Draw(t, "key"), items[i])
			}
			return "{" + strings.Join(items, ",") + "}"
		}))
	}
	soup := rapid.Map(rapid.SliceOfN(piece, 0, 12), func(p []string) string { return strings.Join(p, " ") })
	rapid.Check(t, func(t *rapid.T) {
		agrees(t, []byte(rapid.OneOf(value(4), value(4), soup).Draw(t, "document")))
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		`{"match":"any","sets":[{"k":2,"x":[1.5e-3,true,null]}]}`, `{"a":1,"a":2}`, `"\ud83d\ude00\u0000\ud800"`, "\"\xff\"",
		`[1] 2`, `[[[[`, `{"a":{"b":{"\u0062":1,"b":0}}}`, ` -0.0E+1 `, "\ufeff1", `nul`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) { agrees(t, data) })
}

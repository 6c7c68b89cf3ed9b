package vectors

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// sortCases undoes the order of maps, keeping cases of one kind together.
func sortCases(list []Case) {
	slices.SortStableFunc(list, func(a, b Case) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(string(a.Criteria), string(b.Criteria)))
	})
}

func quote(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// folding is when two texts are one.
func folding() File {
	f := File{
		Name: "folding.json", Schema: everyType,
		About: "Text: NFC, trimming, inner white space and full case folding; exact fields: NFC and trimming only; regular expressions.",
	}
	for _, c := range []struct {
		field, op, value, operand, want, why string
	}{
		{"title", "is", "Straße", "STRASSE", "yes", "full folding: one letter may become two"},
		{"title", "is", "straẞe", "strasse", "yes", "the capital sharp s too"},
		{"title", "is", "\u00e9", "e\u0301", "yes", "composed and decomposed are one after NFC"},
		{"title", "is", "É", "e\u0301", "yes", "in any case"},
		{"title", "is", "José", "Jose", "no", "accents stay significant"},
		{"title", "is", "ΟΔΟΣ", "οδος", "yes", "a final sigma is a sigma"},
		{"title", "is", "İ", "i", "no", "folding is no locale's: the dot stays"},
		{"title", "is", "I", "ı", "no", "nor is I the dotless i"},
		{"title", "is", "\u212a", "k", "yes", "the Kelvin sign is a K"},
		{"title", "is", "ﬁ", "fi", "yes", "a ligature folds to its letters"},
		{"title", "is", "Ａ", "A", "no", "full width is another letter: NFC and not NFKC"},
		{"title", "is", "  sales \t rep\u00a0", "sales rep", "yes", "white space: trimmed, and inner runs are one space"},
		{"title", "is", "sales\u3000rep", "sales rep", "yes", "an ideographic space is white space"},
		{"title", "is", "salesrep", "sales rep", "no", "but some space is not none"},
		{"title", "is", "\u200bsales", "sales", "no", "a zero width space is no white space"},
		{"title", "contains", "Haupt\u00adstraße", "STRASSE", "yes", "part of a folded text"},
		{"title", "contains", "sales   rep", "s r", "yes", "on the folded text, whose white space is one space"},
		{"title", "startsWith", "ßeta", "s", "yes", "the sharp s folds to ss, which starts with s"},
		{"title", "endsWith", "gruß", "S", "yes", "and ends with it"},
		{"title", "contains", "50% off", "%", "yes", "no wildcards"},
		{"title", "contains", "a_b", "a?b", "no", "no wildcards"},
		{"code", "is", "A1", "a1", "no", "an exact field keeps case"},
		{"code", "is", " A1\n", "A1", "yes", "but is trimmed"},
		{"code", "is", "e\u0301", "\u00e9", "yes", "and in NFC"},
		{"code", "is", "a  b", "a b", "no", "and keeps inner white space"},
		{"code", "is", "Straße", "STRASSE", "no", "and folds nothing"},
		{"code", "contains", "xA1x", "A1", "yes", "operators as elsewhere"},
		{"code", "startsWith", "A1", "a", "no", "with the case as it is"},
		{"title", "matches", "Sales Rep", "sales", "yes", "unanchored, ignoring case"},
		{"title", "matches", "  sales  rep ", "^sales  rep$", "yes", "on the trimmed value, whose inner white space stays"},
		{"title", "matches", "e\u0301", "^.$", "yes", "on the value in NFC: one letter"},
		{"title", "matches", "sales", "^ales", "no", "anchors count"},
		{"code", "matches", "Abc", "^abc$", "no", "an exact field keeps case"},
		{"code", "matches", "Abc", "(?i)^abc$", "yes", "unless the expression says otherwise"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: fmt.Sprintf("%s %+q %s %+q", c.field, c.value, c.op, c.operand), Why: c.why, User: with(c.field, quote(c.value)),
			Criteria: one(`{"kind":"field","field":%q,"op":%q,"values":[%s]}`, c.field, c.op, quote(c.operand)), Want: c.want,
		})
	}
	for _, c := range []struct{ name, value, op, want, why string }{
		{"spaces are none", `"  \t\u00a0"`, "isEmpty", "yes", "a text of white space is empty"},
		{"nothing is none", `""`, "isEmpty", "yes", "so is one of no characters"},
		{"an empty list is none", `[]`, "isEmpty", "yes", "so is an empty list"},
		{"one blank of several", `["", "x"]`, "isEmpty", "no", "blanks in a list count for nothing, the rest stays"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: c.name, Why: c.why, User: with("tags", c.value), Criteria: one(`{"kind":"field","field":"tags","op":%q}`, c.op), Want: c.want,
		})
	}
	for _, c := range []struct{ op, want, why string }{
		{"startsWith", "yes", "some value of several is enough"},
		{"notStartsWith", "no", "and the negative is the complement: no value may"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: "several values " + c.op, Why: c.why, User: with("tags", `["blue","red"]`),
			Criteria: one(`{"kind":"field","field":"tags","op":%q,"values":["re"]}`, c.op), Want: c.want,
		})
	}
	return f
}

// numbers is exact decimals.
func numbers() File {
	f := File{Name: "numbers.json", Schema: everyType, About: "Numbers are exact decimals; the reserved fields."}
	for _, c := range []struct{ value, keys, want, why string }{
		{"0.3", `"op":"is","values":[0.3]`, "yes", "decimals are exact"},
		{"0.30", `"op":"is","values":[0.3]`, "yes", "and have no trailing zeros"},
		{"1e2", `"op":"is","values":[100]`, "yes", "however they are written"},
		{"-0", `"op":"is","values":[0]`, "yes", "there is one zero"},
		{"9007199254740993", `"op":"is","values":[9007199254740992]`, "no", "more digits than a binary float has"},
		{"9007199254740993", `"op":"greater","value":9007199254740992`, "yes", "count"},
		{"0.1000000000000000001", `"op":"is","values":[0.1]`, "no", "behind the point as well"},
		{"-2", `"op":"less","value":-1`, "yes", "negative numbers"},
		{"1", `"op":"between","from":1,"to":1`, "yes", "both bounds are included"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: fmt.Sprintf("%s %s", c.value, c.keys), Why: c.why, User: with("points", c.value),
			Criteria: one(`{"kind":"field","field":"points",%s}`, c.keys), Want: c.want,
		})
	}
	f.Cases = append(f.Cases,
		Case{Name: "the ID is a field", Why: "id is a reserved text, the user's ID", User: User{ID: "u"},
			Criteria: one(`{"kind":"field","field":"id","op":"is","values":["u"]}`), Want: "yes"},
		Case{Name: "the ID is exact", Why: "and compares as codes do", User: User{ID: "u"},
			Criteria: one(`{"kind":"field","field":"id","op":"is","values":["U"]}`), Want: "no"},
		Case{Name: "the email folds", Why: "username, email and name are texts that fold", User: with("email", `"Ada@Example.org"`),
			Criteria: one(`{"kind":"field","field":"email","op":"endsWith","values":["@example.ORG"]}`), Want: "yes"},
	)
	return f
}

// choices is option IDs.
func choices() File {
	f := File{
		Name: "choices.json", Schema: everyType,
		About: "Choices compare by option ID; a choice that is none of the declared options is unknown; a field without declared options takes any.",
	}
	for _, c := range []struct{ field, value, keys, want, why string }{
		{"site", `"ams"`, `"op":"is","values":["AMS"]`, "no", "option IDs do not fold, and an option that does not exist never matches"},
		{"site", `"ams"`, `"op":"isNot","values":["nosuch"]`, "yes", "so nobody has it"},
		{"site", `"paris"`, `"op":"is","values":["ams"]`, "unknown", "none of the declared options"},
		{"site", `"paris"`, `"op":"isNot","values":["ams"]`, "unknown", "in either direction"},
		{"site", `"paris"`, `"op":"is","values":["paris"]`, "unknown", "even where the operand says the same"},
		{"site", `"paris"`, `"op":"isEmpty"`, "unknown", "and whether there is one is unknown too"},
		{"grade", `"paris"`, `"op":"is","values":["paris"]`, "yes", "without declared options any ID will do"},
		{"skills", `["go","rust"]`, `"op":"includesAny","values":["go"]`, "unknown", "one undeclared choice makes the value unknown"},
		{"skills", `["go","go"]`, `"op":"isExactly","values":["go"]`, "yes", "repetition does not matter"},
		{"skills", `["go"]`, `"op":"includesAll","values":["go","nosuch"]`, "no", "an option that does not exist is never chosen"},
	} {
		f.Cases = append(f.Cases, Case{
			Name: fmt.Sprintf("%s %s %s", c.field, c.value, c.keys), Why: c.why, User: with(c.field, c.value),
			Criteria: one(`{"kind":"field","field":%q,%s}`, c.field, c.keys), Want: c.want,
		})
	}
	return f
}

package groups_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/grouprules/groups"
	"github.com/grouprules/groups/internal/law"
	"github.com/grouprules/groups/internal/law/vectors"
	"github.com/grouprules/groups/internal/oracle"
)

const vectorsDir = "testdata/vectors"

var writeVectors = flag.Bool("write-vectors", false, "write testdata/vectors anew from the tables in internal/law/vectors")

// The oracle runs the vectors too: it must not read the page in another way than those who wrote them.
func vectorEngines() map[string]law.Matcher {
	engines := map[string]law.Matcher{"oracle": &law.Reading{}}
	maps.Copy(engines, matchers)
	return engines
}

func TestVectorFilesAreThoseOfTheTables(t *testing.T) {
	var want []string
	for _, f := range vectors.All() {
		data, err := vectors.Write(f)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(vectorsDir, f.Name)
		want = append(want, name)
		if *writeVectors {
			if err := os.WriteFile(name, data, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		got, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, data) {
			t.Errorf("%s is not what the tables say; if they are right: go test -run %s -write-vectors", name, t.Name())
		}
	}
	files, err := filepath.Glob(filepath.Join(vectorsDir, "*.json"))
	if slices.Sort(want); err != nil || !slices.Equal(files, want) {
		t.Errorf("files %v, tables %v (%v)", files, want, err)
	}
}

func TestEveryEngineAnswersTheVectors(t *testing.T) {
	files, err := vectors.Read(os.DirFS(vectorsDir))
	if err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, f := range files {
		seen := map[string]bool{}
		for _, c := range f.Cases {
			cases++
			if c.Name == "" || c.Why == "" || seen[c.Name] {
				t.Errorf("%s: a case needs a name of its own and a reason: %q", f.Name, c.Name)
			}
			seen[c.Name] = true
			q, err := f.Question(c)
			if err != nil {
				t.Error(err)
				continue
			}
			for name, m := range vectorEngines() {
				switch got, err := m.Match(q.Criteria, q.User, q.World); {
				case err != nil:
					t.Errorf("%s: %s: %s: %v", f.Name, c.Name, name, err)
				case got != q.Want:
					t.Errorf("%s: %s: %s says %v, want %v: %s", f.Name, c.Name, name, got, q.Want, c.Why)
				}
			}
		}
	}
	if cases < 1000 {
		t.Errorf("only %d cases were read", cases)
	}
}

func TestBothTablesAnswerTheVectors(t *testing.T) {
	files, err := vectors.Read(os.DirFS(vectorsDir))
	if err != nil {
		t.Fatal(err)
	}
	engines := map[string]law.Decider{"groups": law.Tables{}, "oracle": oracle.Oracle{}}
	rows := 0
	for _, f := range files {
		for _, c := range f.Bit {
			in := oracle.BitFacts{
				Stored: c.Stored, Absent: c.Absent, Frozen: c.Frozen, Manual: c.Kind == "manual",
				Verdict: word(c.Verdict, groups.Unknown, groups.No, groups.Yes),
			}
			for name, d := range engines {
				if got := d.Bit(in); got != c.Want {
					t.Errorf("%s: %s makes the bit %v for %+v", f.Name, name, got, c)
				}
			}
			rows++
		}
		for _, c := range f.Decide {
			method := func(s string) groups.Method { return word(s, groups.Outside, groups.Manual, groups.Automatic) }
			in := groups.Facts{
				Absent: c.Absent, Assigned: c.Assigned, Excluded: c.Excluded, Automatic: c.Automatic, Before: method(c.Before),
				Activation: word(c.Activation, groups.ActivationUnknown, groups.Activated, groups.Deactivated),
				Policy:     word(c.Policy, groups.Keep, groups.DropAutomatic, groups.DropAll),
			}
			for name, d := range engines {
				if got := d.Decide(in); got != method(c.Want) {
					t.Errorf("%s: %s says %v of %+v", f.Name, name, got, c)
				}
			}
			rows++
		}
	}
	if rows != 48+432 {
		t.Errorf("%d rows were read; both tables have 480 inputs", rows)
	}
}

// word finds the value that is called so.
func word[T interface{ String() string }](s string, values ...T) T {
	for _, v := range values {
		if v.String() == s {
			return v
		}
	}
	panic("no " + s)
}

package law

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/grouprules/groups/internal/oracle"
)

// Describe tells a tenant in as few lines as it takes to think about it.
func Describe(t oracle.Tenant) string {
	var b strings.Builder
	for _, g := range t.Groups {
		fmt.Fprintf(&b, "group %s: %v, %v, live %v, frozen %v, %v, zone %q, parent %q: %v\n",
			g.ID, g.Kind, g.Status, t.Live[g.ID], g.Frozen, g.Deactivated, g.Zone, g.Parent, g.Criteria)
		for _, u := range t.Everybody() {
			st, ok := t.Stored[g.ID][u]
			if !ok {
				continue
			}
			fmt.Fprintf(&b, "  stored %s: bit %v, population %v, member %v", u, st.Automatic, st.Population, st.Member)
			if st.Undecided {
				b.WriteString(", undecided")
			}
			if st.Assignment != nil {
				fmt.Fprintf(&b, ", assigned until %v", st.Assignment.Until)
			}
			if st.Exclusion != nil {
				b.WriteString(", excluded")
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "exclusions %v, default zone %v\n", t.Exclusions, t.Zone)
	return b.String() + DescribeWorld(t.World)
}

// DescribeWorld tells people and units.
func DescribeWorld(w oracle.World) string {
	var b strings.Builder
	for _, u := range w.Users {
		fmt.Fprintf(&b, "user %s: %v, %v, manager %v, units %v", u.ID, u.Activation, u.Expiry, u.Manager, u.Units)
		for _, f := range slices.Sorted(maps.Keys(u.Fields)) {
			if !u.Fields[f].IsEmpty() {
				fmt.Fprintf(&b, ", %s=%v", f, u.Fields[f])
			}
		}
		list, complete := u.Enrollments.List()
		for _, e := range list {
			fmt.Fprintf(&b, ", in %s %q completed %v", e.Course, e.Status, e.Completed)
		}
		fmt.Fprintf(&b, ", all courses %v\n", complete)
	}
	for _, u := range w.Units {
		if u.Parent != "" {
			fmt.Fprintf(&b, "%s: %s beneath %s\n", u.Tree, u.ID, u.Parent)
		}
	}
	fmt.Fprintf(&b, "now %s in %v\n", w.Now.Format(time.RFC3339Nano), w.Zone)
	return b.String()
}

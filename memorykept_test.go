package groups

import (
	"fmt"
	"testing"
)

// TestWhoIsWrittenAgainIsTakenFromWhatIsStored: what is as it was takes no memory again, and a text that only one has is one
// text in their fields and in the list of these.
func TestWhoIsWrittenAgainIsTakenFromWhatIsStored(t *testing.T) {
	m := NewMemory()
	person := func(i int, done Value) User {
		return User{
			ID: UserID(fmt.Sprint("u", i)), Activation: Activated, Fields: map[string]Value{"mail": Text(fmt.Sprint("u", i, "@example.org"))},
			Units: map[Tree][]string{"t": {"a"}}, Enrollments: Enrolled(Enrollment{Course: "c", Status: Completed, Completed: done}),
		}
	}
	first, second := Day(NewDate(2026, 1, 1)), Day(NewDate(2026, 1, 2))
	const last = maxCommonValues // of whose mail no copy is kept for others
	var people []User
	for i := range last + 1 {
		people = append(people, person(i, first))
	}
	schema := &Schema{Fields: []Field{{Name: "mail", Type: TypeText}}, EnrollmentStatuses: []string{Completed}}
	if err := m.Write(t.Context(), PeopleChange{Schema: schema, Upsert: people}); err != nil {
		t.Fatal(err)
	}
	for _, i := range []int{0, last} {
		was := m.users.Get(people[i].ID)
		if err := m.Write(t.Context(), PeopleChange{Upsert: []User{person(i, first)}}); err != nil {
			t.Fatal(err)
		}
		again := m.users.Get(people[i].ID)
		if again == was || &again.enrolled[0] != &was.enrolled[0] || &again.Enrollments.list[0] != &was.Enrollments.list[0] || again.seat != was.seat {
			t.Errorf("%s has courses and units of their own after they were written as before", was.ID)
		}
		if kept := again.list[0]; kept.number != was.list[0].number || i == last && (kept.number != 0 || kept.data != again.Fields["mail"].data) {
			t.Errorf("%s has the mail %v twice, by the number %d", was.ID, kept.Texts(), kept.number)
		}
		if err := m.Write(t.Context(), PeopleChange{Upsert: []User{person(i, second)}}); err != nil {
			t.Fatal(err)
		}
		if now, _ := m.users.Get(people[i].ID).Enrollments.in("c"); !now.Completed.Equal(second) {
			t.Errorf("%s completed on %v, want %v", was.ID, now.Completed.Texts(), second.Texts())
		}
	}
}

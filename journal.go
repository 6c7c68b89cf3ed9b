package groups

// A journal is users of an index to whom something happened, in that order, some perhaps several times. Who wants to know
// what happened since notes how long it is. The zero journal is empty.
type journal struct {
	users     []uint32
	forgotten int // how many are not in the list any more
}

func (j *journal) note(n uint32) { j.users = append(j.users, n) }

// length is how many were ever noted.
func (j *journal) length() int { return j.forgotten + len(j.users) }

// since are those who were noted since it had that length; it is false where nobody knows any more.
func (j *journal) since(length int) ([]uint32, bool) {
	if length < j.forgotten {
		return nil, false
	}
	return j.users[length-j.forgotten:], true
}

// trim forgets all where they are more than most.
func (j *journal) trim(most int) {
	if len(j.users) > most {
		j.forgotten += len(j.users)
		j.users = nil
	}
}

// lose has nobody know what happened since any length that it had.
func (j *journal) lose() {
	j.forgotten += len(j.users) + 1
	j.users = nil
}

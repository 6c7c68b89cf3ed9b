package admin

// KeepsGroup is tested by itself, so that the acts that take users out may rely on it.
var KeepsGroup = (*Desk).keepsGroup

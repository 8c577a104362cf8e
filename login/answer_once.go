package login

import (
	"context"
	"time"
)

// answerLife is how long an answer's mark stays: as long as its attempt.
const answerLife = 10 * time.Minute

// firstAnswer reports whether no other replica has redeemed this attempt.
func (l *Login) firstAnswer(ctx context.Context, state string) (bool, error) {
	if l.Marks == nil {
		return true, nil
	}
	return l.Marks.Mark(ctx, "answer\x00"+state, answerLife)
}

// forgetAnswer notes that the attempt came to nothing. Its mark goes: what
// strangers make of their attempts leaves nothing in the store.
func (l *Login) forgetAnswer(ctx context.Context, state string) {
	if l.Marks != nil {
		l.Marks.Unmark(ctx, "answer\x00"+state)
	}
	l.Redeemed.Failed(state)
}

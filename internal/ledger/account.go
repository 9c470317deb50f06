package ledger

import "edged/internal/money"

// Account is a place where money can be. It is written as a letter in the store:
// never reuse or change one.
type Account int

// The accounts. Issuer is the counter-account of all others and is never positive;
// no other is ever negative.
const (
	Issuer      Account = 0 // minus everything that was ever set aside
	Held        Account = 1 // set aside, and no capture of it is in doubt
	InDoubt     Account = 2 // a capture of the open hold may have taken it
	Captured    Account = 3 // taken, and not given back
	Unconfirmed Account = 4 // taken as far as can be known: the terminal never confirmed it
	Released    Account = 5 // given back, the part of a hold that a capture leaves included
	Expired     Account = 6 // not settled before the issuer dropped it
	TakenBack   Account = 7 // the terminal ended the hold by itself
	Refunded    Account = 8 // captured, and reversed by the terminal
	ByHand      Account = 9 // captured, and given back by a person by other means

	accounts = 10
)

// Accounts lists all of them, in the order in which a ledger shows them.
func Accounts() []Account {
	return []Account{Issuer, Held, InDoubt, Captured, Unconfirmed, Released, Expired, TakenBack, Refunded, ByHand}
}

// String is the account's name in JSON and on a screen.
func (a Account) String() string {
	names := [accounts]string{"issuer", "held", "in_doubt", "captured", "unconfirmed", "released", "expired", "taken_back", "refunded", "by_hand"}
	if a < 0 || a >= accounts {
		return "?"
	}
	return names[a]
}

// letters of the accounts, in their order.
const letters = "ihdcurxtfp"

// Amounts is an amount for each account, in minor units of one currency: a balance,
// or what an entry adds to it.
type Amounts [accounts]money.Minor

// move takes m from one account to another.
func (a *Amounts) move(from, to Account, m money.Minor) {
	a[from] -= m
	a[to] += m
}

// Total is the sum over all accounts: zero, if the amounts balance.
func (a Amounts) Total() (sum money.Minor) {
	for _, m := range a {
		sum += m
	}
	return sum
}

// Plus adds b to a.
func (a Amounts) Plus(b Amounts) Amounts {
	for i := range a {
		a[i] += b[i]
	}
	return a
}

// Minus takes b from a.
func (a Amounts) Minus(b Amounts) Amounts {
	for i := range a {
		a[i] -= b[i]
	}
	return a
}

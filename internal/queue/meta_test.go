package queue

import "testing"

func TestAValueOfMetaIsReadBesideTheEngine(t *testing.T) {
	s := openStore(t, t.TempDir())
	commit(t, s, func(tx *Tx) error { return tx.PutMeta("numbers", []byte("7")) })
	if v, ok, err := s.ReadMeta(t.Context(), "numbers"); string(v) != "7" || !ok || err != nil {
		t.Errorf("ReadMeta = %q, %t, %v, want 7", v, ok, err)
	}
	if v, ok, err := s.ReadMeta(t.Context(), "nothing"); v != nil || ok || err != nil {
		t.Errorf("ReadMeta of no key = %q, %t, %v, want none", v, ok, err)
	}
}

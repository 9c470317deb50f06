package zvt

// StatusInformation (04 0F) is the result of a transaction, and of a read card. With
// Result 00 the register's acknowledgement is what commits it (section 1).
type StatusInformation struct {
	Result        Opt[ResultCode]
	AmountMinor   Opt[int64] // of a reservation: what was granted
	Trace         string     // 000000: see TraceNo
	Time          string     // HHMMSS
	Date          string     // MMDD, there is no year
	Expiry        string     // YYMM
	CardSequence  string
	PaymentType   Opt[byte] // 40 offline, 50 checked only, 60 online, 70 PIN
	CardNumber    string    // first six and last four digits, stars between
	TerminalID    string
	MerchantID    string // contract ("VU") number
	OriginalTrace string // of the transaction that this one undoes
	Authorisation AuthID
	Text          string
	Currency      string
	Totals        *Totals // end of day only
	Receipt       string
	Turnover      string
	CardType      Opt[byte]
	CardName      string
	NetworkCard   Opt[byte]
	HostResult    Opt[byte]
	TLV           TLV
	Unparsed      []byte // from the first unknown BMP on, card data masked
}

// Command returns 04 0F.
func (StatusInformation) Command() Command { return CmdStatusInformation }

// Approved reports whether the result is there and says success.
func (m StatusInformation) Approved() bool { return m.Result.Is(ResultOK) }

// TraceNo returns the trace number: BMP 0B, or tag 1F2B if that is missing or 000000
// (section 6).
func (m StatusInformation) TraceNo() string {
	if m.Trace != "" && m.Trace != "000000" {
		return m.Trace
	}
	if o, ok := m.TLV.Find(TagLongTrace); ok {
		return nibbles(o.Value)
	}
	return m.Trace
}

func (m StatusInformation) encode() ([]byte, error) { return encodeBody(m.body) }

// body has the fields in the order of their tags, the result first and the container
// last: some registers depend on it (section 5).
func (m *StatusInformation) body(c *codec) {
	c.result(&m.Result)
	c.amount(&m.AmountMinor)
	c.digits(bmpTrace, &m.Trace)
	c.note(bmpTime, &m.Time)
	c.note(bmpDate, &m.Date)
	c.note(bmpExpiry, &m.Expiry)
	c.note(bmpCardSequence, &m.CardSequence)
	c.byte(bmpPaymentType, &m.PaymentType)
	c.card(&m.CardNumber)
	c.digits(bmpTerminalID, &m.TerminalID)
	c.padded(bmpMerchantID, &m.MerchantID)
	c.digits(bmpOriginalTrace, &m.OriginalTrace)
	c.authorisation(&m.Authorisation)
	c.text(bmpText, &m.Text)
	c.currency(&m.Currency)
	c.totals(&m.Totals)
	c.receipt(&m.Receipt)
	c.note(bmpTurnover, &m.Turnover)
	c.byte(bmpCardType, &m.CardType)
	c.terminated(bmpCardName, &m.CardName)
	c.byte(bmpNetworkCardType, &m.NetworkCard)
	c.byte(bmpHostResult, &m.HostResult)
	c.container(&m.TLV)
	c.unparsed(&m.Unparsed)
}

// Totals is BMP 60, the sums of an end of day.
type Totals struct {
	FirstReceipt, LastReceipt string
	Brands                    [7]BrandTotal // in the order of BrandNames
}

// BrandTotal is the number of sales and their sum of one card brand.
type BrandTotal struct {
	Count    int
	SumMinor int64
}

// BrandNames returns the names of Totals.Brands (section 6, BMP 60).
func BrandNames() [7]string {
	return [7]string{"girocard", "JCB", "Mastercard", "American Express", "Visa", "Diners", "other"}
}

const (
	totalsHead  = 4 // two receipt numbers
	totalsBrand = 1 + amountBytes
	totalsBytes = totalsHead + 7*totalsBrand
)

// totals leaves Totals nil for a BMP 60 of another length: vendors add to it, and an
// end of day that was done must not fail for its breakdown.
func (c *codec) totals(p **Totals) {
	if c.encoding {
		if *p != nil {
			v, err := appendTotals(nil, **p)
			c.put(bmpTotals, v, err)
		}
	} else if v, ok := c.get(bmpTotals); ok && len(v) == totalsBytes {
		t, err := decodeTotals(v)
		*p = &t
		c.took(bmpTotals, err)
	}
}

func decodeTotals(v []byte) (t Totals, err error) {
	t.FirstReceipt, t.LastReceipt = nibbles(v[:2]), nibbles(v[2:totalsHead])
	for i := range t.Brands {
		b := v[totalsHead+i*totalsBrand:][:totalsBrand]
		t.Brands[i].Count = int(b[0])
		if t.Brands[i].SumMinor, err = decodeAmount(b[1:]); err != nil {
			return Totals{}, err
		}
	}
	return t, nil
}

func appendTotals(dst []byte, t Totals) ([]byte, error) {
	dst, err := appendNibbles(dst, t.FirstReceipt, 2)
	if err == nil {
		dst, err = appendNibbles(dst, t.LastReceipt, 2)
	}
	for _, b := range t.Brands {
		if err == nil && (b.Count < 0 || b.Count > 0xFF) {
			err = ErrRange
		}
		if err == nil {
			dst, err = appendAmount(append(dst, byte(b.Count)), b.SumMinor)
		}
	}
	return dst, err
}

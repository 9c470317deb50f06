package catalogue

// german addresses the customer as "Sie", or nobody. "Abbuchung" is the word of bank
// statements for a charge.
func german() *Texts {
	return &Texts{
		Decimal: ",",

		Starting:     "Startet\nBitte warten",
		Moment:       "Einen Moment\nBitte warten",
		OutOfService: "Außer Betrieb\nCode\t{code}",

		Idle: []Text{
			"Karte vorhalten\nReserviert|Max.\t{limit}",
			"Tür geht dann auf\nReserviert|Max.\t{limit}",
			"Nehmen, dann zahlen\nReserviert|Max.\t{limit}",
		},
		IdleDoor:     "{door}\nReserviert|Max.\t{limit}",
		Authorising:  "Bitte warten\nReserviert|Max.\t{limit}",
		StillWorking: "Noch einen Moment\nReserviert|Max.\t{limit}",

		Opening:     "Tür wird geöffnet\nReserviert|Max.\t{held}",
		OpeningDoor: "Öffnet: {door}\nReserviert|Max.\t{held}",
		GrantedLess: "Einkauf bis maximal\n\t{held}",
		InDoubt:     "Bitte warten. Bleibt\ndie Tür geschlossen,\fdie Tür geschlossen,\nzahlen Sie nichts",

		Open:          "Die Tür ist offen\nBitte Ware nehmen",
		OpenDoor:      "Offen: {door}\nBitte Ware nehmen",
		CloseWhenDone: "Danach bitte die\nTür schließen",
		Remind:        "Bitte die Tür\nschließen\fBezahlt wird nach\ndem Schließen",

		Detecting:     "Einkauf wird geprüft\nBitte warten",
		DetectingLong: "Einkauf wird geprüft\nSie können gehen\fSie zahlen höchstens\n\t{held}",
		Review:        "Wir prüfen Ihren\nEinkauf.\fSie zahlen höchstens\n\t{held}",

		Total:     "Ihr Einkauf",
		TotalRow:  "SUMME\t{total}",
		MoreItems: "und weitere Artikel",
		Capturing: "Zahlung läuft\nSUMME\t{total}\fSie können gehen\nSUMME\t{total}",

		Paid:         "Bezahlt. Danke",
		PaidShort:    "SUMME\t{total}\nSie zahlen|Bez.\t{captured}",
		NothingTaken: "Nichts entnommen\nKeine Abbuchung",
		Released:     "Nichts abgebucht.\nIhre Bank zeigt die\fReservierung evtl.\nnoch einige Tage",
		Unpaid:       "Zahlung gescheitert\nKeine Abbuchung",

		Declined:      "Karte abgelehnt\nKeine Abbuchung\fBitte andere Karte\nKeine Abbuchung",
		TimedOut:      "Zeit abgelaufen\nKeine Abbuchung\fBitte noch einmal\nKeine Abbuchung",
		Aborted:       "Abgebrochen\nKeine Abbuchung",
		CardError:     "Karte nicht lesbar\nKeine Abbuchung\fBitte noch einmal\nKeine Abbuchung",
		NoHost:        "Keine Bankverbindung\nKeine Abbuchung\fBitte später nochmal\nKeine Abbuchung",
		TerminalFault: "Terminal gestört\nKeine Abbuchung\fBitte noch einmal\nKeine Abbuchung",
		NotAccepted:   "Karte nicht zulässig\nKeine Abbuchung\fBitte andere Karte\nKeine Abbuchung",
		ShortGrant:    "Karte abgelehnt\nKeine Abbuchung\fKarte erlaubt nur\n\t{held}",

		Cancelled:      "Einkauf abgebrochen\nKeine Abbuchung",
		DoorRefused:    "Tür nicht verfügbar\nKeine Abbuchung",
		NoConnection:   "Keine Verbindung\nKeine Abbuchung",
		DoorSilent:     "Tür ging nicht auf\nKeine Abbuchung",
		PaymentStopped: "Zahlung abgebrochen\nKeine Abbuchung",

		Restock:        "Auffüllen\nBitte warten",
		RestockOpening: "Auffüllen\nTür wird geöffnet",
		RestockOpen:    "Auffüllen\nTür offen\t{minutes} min",
		RestockClosed:  "Auffüllen\nMengen bestätigen",
		RestockRefused: "Jetzt kein Auffüllen\nEs ist ein Kunde da",
	}
}

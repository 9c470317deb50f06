package catalogue

// french addresses the customer as "vous". Before a colon or an exclamation mark
// French wants a space of its own, which a row of 20 cells has no room for: the texts
// do without both.
func french() *Texts {
	return &Texts{
		Decimal: ",",

		Starting:     "Démarrage\nVeuillez patienter",
		Moment:       "Un instant\nVeuillez patienter",
		OutOfService: "Hors service\nCode\t{code}",

		Idle: []Text{
			"Présentez la carte\nRéservé|Max.\t{limit}",
			"La porte s'ouvrira\nRéservé|Max.\t{limit}",
			"Prenez, puis payez\nRéservé|Max.\t{limit}",
		},
		IdleDoor:     "{door}\nRéservé|Max.\t{limit}",
		Authorising:  "Veuillez patienter\nRéservé|Max.\t{limit}",
		StillWorking: "Encore un instant\nRéservé|Max.\t{limit}",

		Opening:     "La porte s'ouvre\nRéservé|Max.\t{held}",
		OpeningDoor: "Ouverture {door}\nRéservé|Max.\t{held}",
		GrantedLess: "Achat maximum\n\t{held}",
		InDoubt:     "Patientez. Si la\nporte reste fermée\fporte reste fermée\nvous ne payez rien",

		Open:          "Porte ouverte\nServez-vous",
		OpenDoor:      "{door}\nOuvert, servez-vous",
		CloseWhenDone: "Ensuite, fermez\nla porte",
		Remind:        "Veuillez fermer\nla porte\fPaiement après\nla fermeture",

		Detecting:     "Calcul du montant\nVeuillez patienter",
		DetectingLong: "Calcul du montant\nVous pouvez partir\fVous payez au plus\n\t{held}",
		Review:        "Nous vérifions\nvotre achat.\fVous payez au plus\n\t{held}",

		Total:     "Votre achat",
		TotalRow:  "TOTAL\t{total}",
		MoreItems: "et d'autres articles",
		Capturing: "Paiement en cours\nTOTAL\t{total}\fVous pouvez partir\nTOTAL\t{total}",

		Paid:         "Payé. Merci",
		PaidShort:    "TOTAL\t{total}\nVous payez|Payé\t{captured}",
		NothingTaken: "Aucun article pris\nAucun débit",
		Released:     "Rien n'est débité.\nVotre banque peut\fafficher le blocage\nquelques jours",
		Unpaid:       "Échec du paiement\nAucun débit",

		Declined:      "Carte refusée\nAucun débit\fAutre carte SVP\nAucun débit",
		TimedOut:      "Délai dépassé\nAucun débit\fRecommencez SVP\nAucun débit",
		Aborted:       "Opération annulée\nAucun débit",
		CardError:     "Carte non lue\nAucun débit\fRéessayez SVP\nAucun débit",
		NoHost:        "Banque injoignable\nAucun débit\fRéessayez plus tard\nAucun débit",
		TerminalFault: "Défaut du terminal\nAucun débit\fRéessayez SVP\nAucun débit",
		NotAccepted:   "Carte non acceptée\nAucun débit\fAutre carte SVP\nAucun débit",
		ShortGrant:    "Carte refusée\nAucun débit\fAutorisé seulement\n\t{held}",

		Cancelled:      "Achat annulé\nAucun débit",
		DoorRefused:    "Porte indisponible\nAucun débit",
		NoConnection:   "Pas de connexion\nAucun débit",
		DoorSilent:     "Porte non ouverte\nAucun débit",
		PaymentStopped: "Paiement interrompu\nAucun débit",

		Restock:        "Réassort\nVeuillez patienter",
		RestockOpening: "Réassort\nLa porte s'ouvre",
		RestockOpen:    "Réassort\nOuvert\t{minutes} min",
		RestockClosed:  "Réassort\nConfirmez le stock",
		RestockRefused: "Réassort impossible\nUn client est là",
	}
}

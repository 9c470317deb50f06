package catalogue

// spanish addresses the customer as "usted", in words that Spain and America share
// ("tomar", not "coger"). "Retención" is what banks call a hold.
func spanish() *Texts {
	return &Texts{
		Decimal: ",",

		Starting:     "Iniciando\nEspere, por favor",
		Moment:       "Un momento\nEspere, por favor",
		OutOfService: "Fuera de servicio\nCódigo\t{code}",

		Idle: []Text{
			"Acerque la tarjeta\nRetención|Máx.\t{limit}",
			"La puerta se abrirá\nRetención|Máx.\t{limit}",
			"Tome y pague después\nRetención|Máx.\t{limit}",
		},
		IdleDoor:     "{door}\nRetención|Máx.\t{limit}",
		Authorising:  "Espere, por favor\nRetención|Máx.\t{limit}",
		StillWorking: "Un momento más\nRetención|Máx.\t{limit}",

		Opening:     "Abriendo la puerta\nRetención|Máx.\t{held}",
		OpeningDoor: "Abriendo {door}\nRetención|Máx.\t{held}",
		GrantedLess: "Puede gastar hasta\n\t{held}",
		InDoubt:     "Espere. Si la puerta\nsigue cerrada,\fsigue cerrada,\nno pagará nada",

		Open:          "Puerta abierta\nTome sus productos",
		OpenDoor:      "Abierto: {door}\nTome sus productos",
		CloseWhenDone: "Al terminar, cierre\nla puerta",
		Remind:        "Cierre la puerta,\npor favor\fSe cobra al cerrar\nla puerta",

		Detecting:     "Revisando su compra\nEspere, por favor",
		DetectingLong: "Revisando su compra\nPuede marcharse\fPagará como máximo\n\t{held}",
		Review:        "Revisamos\nsu compra.\fPagará como máximo\n\t{held}",

		Total:     "Su compra",
		TotalRow:  "TOTAL\t{total}",
		MoreItems: "y otros productos",
		Capturing: "Pago en curso\nTOTAL\t{total}\fPuede marcharse\nTOTAL\t{total}",

		Paid:         "Pagado. Gracias",
		PaidShort:    "TOTAL\t{total}\nUsted paga|Paga\t{captured}",
		NothingTaken: "No ha tomado nada\nSin cargo",
		Released:     "No se cobra nada.\nSu banco puede\fmostrar la retención\nalgunos días",
		Unpaid:       "Pago fallido\nSin cargo",

		Declined:      "Tarjeta rechazada\nSin cargo\fPruebe otra tarjeta\nSin cargo",
		TimedOut:      "Tiempo agotado\nSin cargo\fInténtelo de nuevo\nSin cargo",
		Aborted:       "Cancelado\nSin cargo",
		CardError:     "Tarjeta no leída\nSin cargo\fInténtelo de nuevo\nSin cargo",
		NoHost:        "Banco no disponible\nSin cargo\fInténtelo más tarde\nSin cargo",
		TerminalFault: "Fallo del terminal\nSin cargo\fInténtelo de nuevo\nSin cargo",
		NotAccepted:   "Tarjeta no admitida\nSin cargo\fPruebe otra tarjeta\nSin cargo",
		ShortGrant:    "Tarjeta rechazada\nSin cargo\fSolo autoriza\n\t{held}",

		Cancelled:      "Compra cancelada\nSin cargo",
		DoorRefused:    "Puerta no disponible\nSin cargo",
		NoConnection:   "Sin conexión\nSin cargo",
		DoorSilent:     "La puerta no abrió\nSin cargo",
		PaymentStopped: "Pago interrumpido\nSin cargo",

		Restock:        "Reposición\nEspere, por favor",
		RestockOpening: "Reposición\nSe abre la puerta",
		RestockOpen:    "Reposición\nAbierta\t{minutes} min",
		RestockClosed:  "Reposición\nConfirme cantidades",
		RestockRefused: "No se puede reponer\nHay un cliente",
	}
}

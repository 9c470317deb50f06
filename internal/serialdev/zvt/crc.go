package zvt

// crcTable holds CRC-16/KERMIT of each byte value: polynomial 1021 shifted right as
// 8408, initial value 0, no final XOR (section 2.3, proven against 20 real frames; T
// names it "XModem", which is wrong for the bit order).
var crcTable = makeCRCTable()

func makeCRCTable() (t [256]uint16) {
	for i := range t {
		crc := uint16(i)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x8408
			} else {
				crc >>= 1
			}
		}
		t[i] = crc
	}
	return t
}

func crcUpdate(crc uint16, b byte) uint16 { return crc>>8 ^ crcTable[byte(crc)^b] }

// frameCRC is the checksum of a frame: over the command, its DLEs not doubled, and
// one ETX (section 2.3).
func frameCRC(apdu []byte) uint16 {
	var crc uint16
	for _, b := range apdu {
		crc = crcUpdate(crc, b)
	}
	return crcUpdate(crc, ETX)
}

// Package displaysim is a character pole display made of software: bytes in, the
// rows a customer would read out.
//
// It owns the cell matrix with the cursor, wrap and scroll rules of such displays
// (eager or lazy, as firmwares differ), the ESC/POS (DM-D) and CD5220 command
// sets, code pages and international sets, and a record of every screen that stood
// long enough to be read.
//
// It promises to take any bytes without complaint, as the real thing does: what it
// does not know it swallows or ignores. It refuses to talk back, and to know what
// a purchase is. Its parser shares nothing with the driver's encoder.
//
// Facts refer to the display digest by section ("§1.3").
package displaysim

# SPDX-License-Identifier: Apache-2.0
# Copyright The VideoStream authors
"""Writes H.264 streams that no encoder here makes: grey pictures without prediction, with any order
count, reference marking and field structure. Names are those of Rec. ITU-T H.264."""
import dataclasses


class Bits:
    def __init__(self):
        self.text = ""

    def u(self, count, value):
        self.text += format(value, f"0{count}b") if count else ""
        return self

    def ue(self, *values):
        for value in values:
            text = format(value + 1, "b")
            self.text += "0" * (len(text) - 1) + text
        return self

    def se(self, value):
        return self.ue(2 * value - 1 if value > 0 else -2 * value)

    def align(self):
        self.text += "0" * (-len(self.text) % 8)
        return self

    def nal(self, header):
        text = self.text + "1"
        text += "0" * (-len(text) % 8)
        payload = bytes(int(text[i:i + 8], 2) for i in range(0, len(text), 8))
        unit, zeros = bytearray([header]), 0
        for byte in payload:
            if zeros >= 2 and byte <= 3:
                unit.append(3)
                zeros = 0
            unit.append(byte)
            zeros = zeros + 1 if byte == 0 else 0
        return b"\0\0\0\1" + bytes(unit)


@dataclasses.dataclass
class Sequence:
    order_type: int = 0
    fields: bool = False
    cycle: tuple = ()
    offset_unreferenced: int = 0

    def head(self):
        sps = Bits().u(8, 77).u(8, 0).u(8, 40).ue(0, 0, self.order_type)
        if self.order_type == 0:
            sps.ue(0)  # order counts of 4 bits
        elif self.order_type == 1:
            sps.u(1, 0).se(self.offset_unreferenced).se(1 if self.fields else 0).ue(len(self.cycle))
            for step in self.cycle:
                sps.se(step)
        sps.ue(4).u(1, 0).ue(0, 0).u(1, 0 if self.fields else 1)
        if self.fields:
            sps.u(1, 0)
        sps.u(1, 1).u(1, 0).u(1, 1)
        # Usability: nothing but how far decoding runs ahead of showing.
        sps.u(5, 0).u(2, 0).u(1, 0).u(1, 1).u(1, 1).ue(0, 0, 10, 10, 4, 4)
        pps = Bits().ue(0, 0).u(1, 0).u(1, 1 if self.order_type == 1 else 0).ue(0, 0, 0)
        pps.u(1, 0).u(2, 0).se(0).se(0).se(0).u(3, 0)
        return sps.nal(0x67) + pps.nal(0x68)


@dataclasses.dataclass
class Picture:
    shown: int            # its place in the order of showing, and how bright it is
    number: int           # frame_num
    order: int = 0        # pic_order_cnt_lsb, or delta_pic_order_cnt[0]
    idr: bool = False
    reference: bool = True
    reset: bool = False   # memory_management_control_operation 5
    delimiter: bool = False

    def coded(self, sequence):
        if not sequence.fields:
            return self._slice(sequence, None)
        return self._slice(sequence, False) + self._slice(sequence, True)

    def _slice(self, sequence, bottom):
        idr = self.idr and not bottom
        bits = Bits().ue(0, 7, 0).u(4, self.number % 16)
        if bottom is not None:
            bits.u(1, 1).u(1, int(bottom))
        if idr:
            bits.ue(0)
        if sequence.order_type == 0:
            bits.u(4, (self.order + int(bool(bottom) and not self.reset)) % 16)
        elif sequence.order_type == 1:
            bits.se(self.order)
            if bottom is None:
                bits.se(0)
        if idr:
            bits.u(2, 0)
        elif self.reference:
            reset = self.reset and not bottom
            bits.u(1, int(reset))
            if reset:
                bits.ue(5, 0)
        bits.se(0)
        bits.ue(25).align()  # I_PCM
        bits.text += format(16 + 5 * self.shown, "08b") * 256 + format(128, "08b") * 128
        kind = 5 if idr else 1
        unit = bits.nal((0x60 if self.reference else 0) | kind)
        return Bits().u(3, 7).nal(9) + unit if self.delimiter else unit


def stream(sequence, pictures):
    return sequence.head() + b"".join(picture.coded(sequence) for picture in pictures)

"""An interpreter of classic BPF that always ends, for the programs that jump back.

`protochain` compiles to a loop over the headers of a packet. libpcap's own interpreter follows it for as long as the
packet says, and a header whose length comes out as 0 then keeps it for ever. Here a packet has a budget of instructions;
one that uses it up does not match.

Source: McCanne and Jacobson, "The BSD Packet Filter" (1993).
"""

from libc.string cimport memset


cdef enum:
    SCRATCH = 16            # words of memory, M[0] to M[15]
    BASE_BUDGET = 4096      # instructions for any packet, and for each byte of it: headers in a chain have 8 at least
    BYTE_BUDGET = 16

cdef enum Kind:             # code & 0x07
    LD, LDX, ST, STX, ALU, JMP, RET, MISC

cdef enum Mode:             # code & 0xe0
    IMM = 0x00
    ABS = 0x20
    IND = 0x40
    MEM = 0x60
    LEN = 0x80
    MSH = 0xa0

cdef struct Machine:
    uint32_t a              # accumulator
    uint32_t x              # index register
    uint32_t memory[16]


cdef bint jumps_back(const bpf_insn *code, uint32_t count) noexcept nogil:
    """Whether a program holds a loop: only the unconditional jump (JA) can have a negative distance."""
    cdef uint32_t i
    for i in range(count):
        if code[i].code == JMP and code[i].k >> 31:
            return True
    return False


cdef uint32_t interpret(
    const bpf_insn *code, uint32_t count, const uint8_t *p, uint32_t captured, uint32_t length,
) noexcept nogil:
    """What the program returns for a packet; 0 also when it reads behind the packet or does not come to an end."""
    cdef Machine m
    cdef const bpf_insn *one
    cdef uint32_t pc = 0, value = 0
    cdef uint64_t budget = BASE_BUDGET + <uint64_t>captured * BYTE_BUDGET
    memset(&m, 0, sizeof(m))
    while pc < count and budget:
        one = &code[pc]
        budget -= 1
        pc += 1
        value = m.x if one.code & 0x08 else one.k
        if one.code & 7 == LD:
            if not load(&m.a, one, &m, p, captured, length):
                return 0
        elif one.code & 7 == LDX:
            if not load(&m.x, one, &m, p, captured, length):
                return 0
        elif one.code & 7 == ST:
            m.memory[one.k % SCRATCH] = m.a
        elif one.code & 7 == STX:
            m.memory[one.k % SCRATCH] = m.x
        elif one.code & 7 == ALU:
            if not compute(&m, one.code & 0xf0, value):
                return 0
        elif one.code & 7 == JMP:
            pc += distance(one, m.a, value)     # modulo 2^32, so that a negative distance jumps back
        elif one.code & 7 == RET:
            return m.a if one.code & 0x18 == 0x10 else one.k
        elif one.code & 0x80:                   # TXA
            m.a = m.x
        else:                                   # TAX
            m.x = m.a
    return 0


cdef inline bint load(
    uint32_t *to, const bpf_insn *one, const Machine *m, const uint8_t *p, uint32_t captured, uint32_t length,
) noexcept nogil:
    """Load into a register; False when that is not in the packet."""
    cdef int mode = one.code & 0xe0
    cdef uint32_t size = 2 if one.code & 0x18 == 0x08 else 1 if one.code & 0x18 == 0x10 else 4
    cdef uint64_t at = one.k
    if mode == IMM:
        to[0] = one.k
        return True
    if mode == MEM:
        to[0] = m.memory[one.k % SCRATCH]
        return True
    if mode == LEN:
        to[0] = length
        return True
    if mode == IND:
        at = <uint32_t>(one.k + m.x)
    if at + size > captured:
        return False
    if mode == MSH:                             # header length of IPv4 from its first byte
        to[0] = (p[at] & 0xf) << 2
    elif size == 1:
        to[0] = p[at]
    elif size == 2:
        to[0] = <uint32_t>p[at] << 8 | p[at + 1]
    else:
        to[0] = <uint32_t>p[at] << 24 | <uint32_t>p[at + 1] << 16 | <uint32_t>p[at + 2] << 8 | p[at + 3]
    return True


cdef inline bint compute(Machine *m, int operation, uint32_t value) noexcept nogil:
    """Arithmetic on the accumulator; False for a division by zero."""
    if operation == 0x00:
        m.a += value
    elif operation == 0x10:
        m.a -= value
    elif operation == 0x20:
        m.a *= value
    elif operation == 0x30:
        if value == 0:
            return False
        m.a = m.a // value
    elif operation == 0x40:
        m.a |= value
    elif operation == 0x50:
        m.a &= value
    elif operation == 0x60:
        m.a = m.a << value if value < 32 else 0
    elif operation == 0x70:
        m.a = m.a >> value if value < 32 else 0
    elif operation == 0x80:
        m.a = <uint32_t>0 - m.a
    elif operation == 0x90:
        if value == 0:
            return False
        m.a = m.a % value
    else:
        m.a ^= value
    return True


cdef inline uint32_t distance(const bpf_insn *one, uint32_t a, uint32_t value) noexcept nogil:
    """How many instructions a jump leaves out."""
    cdef int kind = one.code & 0xf0
    if kind == 0x00:
        return one.k
    if kind == 0x10:
        return one.jt if a == value else one.jf
    if kind == 0x20:
        return one.jt if a > value else one.jf
    if kind == 0x30:
        return one.jt if a >= value else one.jf
    return one.jt if a & value else one.jf

using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.Patterns;

/// <summary>Runs a compiled pattern over one text by backtracking.</summary>
/// <remarks>
/// Once a search has taken many steps it remembers the states that failed, (instruction, position), and enters none of them twice:
/// no pattern takes more than instructions × characters steps. What ends in a match forgets the states, for they did not all fail.
/// </remarks>
internal ref struct PatternMatcher
{
    [ThreadStatic]
    private static Frame[]? _spareStack;

    private readonly Instruction[] _code;
    private readonly ReadOnlySpan<char> _text;
    private readonly int[] _slots;
    private Frame[] _stack;
    private int _top;
    private int _depth;
    private long _steps;
    private ulong[]? _failed;

    public PatternMatcher(Instruction[] code, int slots, ReadOnlySpan<char> text)
    {
        _code = code;
        _text = text;
        _slots = slots == 0 ? [] : new int[slots];
        _stack = _spareStack ?? new Frame[64];
        _spareStack = null;
    }

    /// <summary>Gives the stack back for the next matcher of this thread.</summary>
    public void Dispose() => _spareStack = _stack;

    /// <summary>Where a match that begins at <paramref name="position"/> ends, or -1.</summary>
    public int Match(int entry, int position)
    {
        int end = Run(entry, position);
        if (end >= 0)
        {
            _failed = null;
            _steps = 0;
        }

        return end;
    }

    private int Run(int pc, int position)
    {
        int bottom = _top;
        while (true)
        {
            ref readonly Instruction now = ref _code[pc];
            bool ok = true;
            switch (now.Op)
            {
                case PatternOp.Match:
                    _top = bottom;
                    return position;
                case PatternOp.Set:
                    ok = position < _text.Length && now.Set!.Contains(CodePoints.At(_text, position));
                    if (ok)
                    {
                        position += char.IsHighSurrogate(_text[position]) ? 2 : 1;
                        pc++;
                    }

                    break;
                case PatternOp.SetLoop:
                    ok = Loop(in now, ref position, out int least);
                    pc++;
                    if (ok && position > least)
                    {
                        Push(new Frame { Pc = pc, Position = position, Least = least });
                    }

                    break;
                case PatternOp.PossessiveSetLoop:
                    ok = Loop(in now, ref position, out _);
                    pc++;
                    break;
                case PatternOp.Split:
                    Push(new Frame { Pc = now.Other, Position = position, Least = -1 });
                    pc = now.Target;
                    ok = !FailedBefore(pc, position);
                    break;
                case PatternOp.Jump:
                    pc = now.Target;
                    break;
                case PatternOp.Atomic or PatternOp.Ahead or PatternOp.NotAhead or PatternOp.Behind or PatternOp.NotBehind:
                    ok = Sub(in now, pc + 1, ref position);
                    pc = now.Target;
                    break;
                case PatternOp.Assert:
                    ok = Holds((AssertionKind)now.Min, position);
                    pc++;
                    break;
                case PatternOp.Remember:
                    Push(new Frame { Pc = ~now.Min, Position = _slots[now.Min], Least = -1 });
                    _slots[now.Min] = position;
                    pc++;
                    break;
                default: // LeaveIfEmpty
                    pc = _slots[now.Min] == position ? now.Target : pc + 1;
                    break;
            }

            if (!ok && !Backtrack(bottom, out pc, out position))
            {
                return -1;
            }
        }
    }

    private bool Backtrack(int bottom, out int pc, out int position)
    {
        while (_top > bottom)
        {
            ref Frame frame = ref _stack[_top - 1];
            if (frame.Pc < 0)
            {
                _slots[~frame.Pc] = frame.Position;
                _top--;
                continue;
            }

            pc = frame.Pc;
            position = frame.Position;
            if (frame.Least >= 0)
            {
                position -= position - 2 >= frame.Least && char.IsLowSurrogate(_text[position - 1]) ? 2 : 1;
                frame.Position = position;
                if (position <= frame.Least)
                {
                    _top--;
                }
            }
            else
            {
                _top--;
            }

            if (!FailedBefore(pc, position))
            {
                return true;
            }
        }

        (pc, position) = (0, 0);
        return false;
    }

    // Whether the state was entered before, and so failed; from the step on where the search counts as long, remembers it as entered.
    private bool FailedBefore(int pc, int position)
    {
        if (++_steps < 1024 + 16L * _text.Length || _depth > 0 || _slots.Length > 0)
        {
            return false;
        }

        long states = (long)_code.Length * (_text.Length + 1);
        if (states > 1L << 33)
        {
            throw new InvalidOperationException("a pre-tokenizer's pattern needs too many steps on this text; encode it in smaller pieces");
        }

        _failed ??= new ulong[states / 64 + 1];
        long state = (long)pc * (_text.Length + 1) + position;
        ref ulong word = ref _failed[state >> 6];
        ulong bit = 1UL << (int)(state & 63);
        bool failed = (word & bit) != 0;
        word |= bit;
        return failed;
    }

    private readonly bool Loop(in Instruction now, ref int position, out int least)
    {
        CodePointSet set = now.Set!;
        int at = position;
        int count = 0;
        least = now.Min == 0 ? position : -1;
        while (count < now.Max && at < _text.Length)
        {
            char c = _text[at];
            int units = 1;
            if (char.IsHighSurrogate(c) && at + 1 < _text.Length)
            {
                if (!set.Contains(char.ConvertToUtf32(c, _text[at + 1])))
                {
                    break;
                }

                units = 2;
            }
            else if (!set.Contains(c))
            {
                break;
            }

            at += units;
            if (++count == now.Min)
            {
                least = at;
            }
        }

        position = at;
        return count >= now.Min;
    }

    private bool Sub(in Instruction now, int entry, ref int position)
    {
        int start = position;
        if (now.Op is PatternOp.Behind or PatternOp.NotBehind)
        {
            for (int back = now.Min; back > 0; back--)
            {
                if (start == 0)
                {
                    return now.Op == PatternOp.NotBehind;
                }

                start -= CodePoints.Units(CodePoints.Before(_text, start));
            }
        }

        _depth++;
        int end = Run(entry, start);
        _depth--;
        if (now.Op == PatternOp.Atomic && end >= 0)
        {
            position = end;
        }

        return (end >= 0) == now.Op is PatternOp.Atomic or PatternOp.Ahead or PatternOp.Behind;
    }

    private readonly bool Holds(AssertionKind kind, int position)
    {
        switch (kind)
        {
            case AssertionKind.TextStart:
                return position == 0;
            case AssertionKind.TextEnd:
                return position == _text.Length;
            case AssertionKind.TextEndOrLastNewline:
                return position == _text.Length || (position == _text.Length - 1 && _text[position] == '\n');
            case AssertionKind.LineStart:
                return position == 0 || (_text[position - 1] == '\n' && position < _text.Length);
            case AssertionKind.LineEnd:
                return position == _text.Length || _text[position] == '\n';
            default:
                CodePointSet word = UnicodeProperties.Find("word")!;
                bool before = position > 0 && word.Contains(CodePoints.Before(_text, position));
                bool after = position < _text.Length && word.Contains(CodePoints.At(_text, position));
                return (before != after) == (kind == AssertionKind.WordBoundary);
        }
    }

    private void Push(Frame frame)
    {
        if (_top == _stack.Length)
        {
            Array.Resize(ref _stack, _stack.Length * 2);
        }

        _stack[_top++] = frame;
    }

    /// <summary>
    /// Where to go on when the present way fails: at <see cref="Position"/>, or, where <see cref="Least"/> is not negative, one code
    /// point before it and so on down to <see cref="Least"/>. A negative <see cref="Pc"/> restores a slot.
    /// </summary>
    private struct Frame
    {
        public int Pc;
        public int Position;
        public int Least;
    }
}

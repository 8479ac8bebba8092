using System.Text.Unicode;
using Google.Protobuf;

namespace Whorl.Protobuf;

/// <summary>
/// Compares a protobuf message with stated limits by walking its fields, before the generated parser allocates anything for them, and
/// turns what that parser throws into <see cref="WireFormatException"/>.
/// </summary>
internal static class ProtobufGuard
{
    /// <summary>Checks, then parses.</summary>
    /// <typeparam name="T">The generated message.</typeparam>
    /// <param name="parser">Its parser.</param>
    /// <param name="bytes">The whole message.</param>
    /// <param name="name">The message's name, for the error.</param>
    /// <param name="limits">The limits of its fields; fields without one may occur any number of times that the frame has room for.</param>
    /// <exception cref="WireFormatException">The bytes are not such a message, or break a limit.</exception>
    public static T Parse<T>(MessageParser<T> parser, ReadOnlySpan<byte> bytes, string name, params ReadOnlySpan<FieldLimit> limits)
        where T : IMessage<T>
    {
        Check(bytes, name, limits);
        try
        {
            return parser.ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WireFormatException($"{name}: not a valid message ({e.Message})", e);
        }
    }

    private static void Check(ReadOnlySpan<byte> bytes, string name, ReadOnlySpan<FieldLimit> limits)
    {
        Span<int> counts = stackalloc int[limits.Length];
        int position = 0;
        while (position < bytes.Length)
        {
            ulong tag = ReadVarint(bytes, ref position, name);
            int index = IndexOf(limits, tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    ReadVarint(bytes, ref position, name);
                    Count(counts, limits, index, 1, name);
                    break;
                case 1:
                    position += 8;
                    Count(counts, limits, index, 1, name);
                    break;
                case 5:
                    position += 4;
                    Count(counts, limits, index, 1, name);
                    break;
                case 2:
                    ulong length = ReadVarint(bytes, ref position, name);
                    if (length > (ulong)(bytes.Length - position))
                    {
                        throw new WireFormatException(
                            $"{name}: field {tag >> 3} announces {length} bytes, {bytes.Length - position} are left");
                    }

                    CheckDelimited(bytes.Slice(position, (int)length), counts, limits, index, name);
                    position += (int)length;
                    break;
                default:
                    throw new WireFormatException($"{name}: field {tag >> 3} has the wire type {tag & 7}");
            }
        }

        if (position != bytes.Length)
        {
            throw new WireFormatException($"{name}: ends within a field");
        }
    }

    private static void CheckDelimited(
        ReadOnlySpan<byte> content, Span<int> counts, ReadOnlySpan<FieldLimit> limits, int index, string name)
    {
        if (index < 0)
        {
            return;
        }

        FieldLimit limit = limits[index];
        if (content.Length > limit.MaxBytes)
        {
            throw new WireFormatException($"{name}: field {limit.Field} has {content.Length} bytes, at most {limit.MaxBytes} are taken");
        }

        if (limit.IsText && !Utf8.IsValid(content))
        {
            throw new WireFormatException($"{name}: field {limit.Field} is not UTF-8");
        }

        Count(counts, limits, index, limit.Packed ? CountVarints(content) : 1, name);
        if (limit.Nested is not null)
        {
            Check(content, $"{name}, field {limit.Field}", limit.Nested);
        }
    }

    private static void Count(Span<int> counts, ReadOnlySpan<FieldLimit> limits, int index, int more, string name)
    {
        if (index >= 0 && (counts[index] += more) > limits[index].MaxCount)
        {
            throw new WireFormatException($"{name}: field {limits[index].Field} has more than {limits[index].MaxCount} values");
        }
    }

    private static int CountVarints(ReadOnlySpan<byte> packed)
    {
        int count = 0;
        foreach (byte b in packed)
        {
            count += b < 0x80 ? 1 : 0;
        }

        return count;
    }

    private static int IndexOf(ReadOnlySpan<FieldLimit> limits, ulong field)
    {
        for (int i = 0; i < limits.Length; i++)
        {
            if ((ulong)limits[i].Field == field)
            {
                return i;
            }
        }

        return -1;
    }

    private static ulong ReadVarint(ReadOnlySpan<byte> bytes, ref int position, string name)
    {
        ulong value = 0;
        for (int shift = 0; shift < 70 && position < bytes.Length; shift += 7)
        {
            byte b = bytes[position++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw new WireFormatException($"{name}: ends within a number, or the number is too long");
    }
}

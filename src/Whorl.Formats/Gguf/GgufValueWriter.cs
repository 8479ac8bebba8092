using System.Buffers;
using System.Numerics;
using System.Text;

namespace Whorl.Formats;

/// <summary>Writes metadata values, little-endian; the counterpart of <see cref="GgufValueReader"/>.</summary>
internal sealed class GgufValueWriter(IBufferWriter<byte> output)
{
    /// <summary>Writes an integer in its own width.</summary>
    public void WriteNumber<T>(T value)
        where T : unmanaged, IBinaryInteger<T>
    {
        int count = value.GetByteCount();
        value.WriteLittleEndian(output.GetSpan(count));
        output.Advance(count);
    }

    /// <summary>Writes a length and UTF-8.</summary>
    public void WriteString(string text)
    {
        WriteNumber((ulong)Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, output);
    }

    /// <summary>Writes a value with its type before it.</summary>
    /// <exception cref="ArgumentException">The value is of a kind that GGUF does not have.</exception>
    public void WriteTyped(string key, object value)
    {
        WriteNumber((uint)TypeOf(key, value.GetType()));
        WriteValue(key, value);
    }

    /// <summary>Writes what a header says of a tensor.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="shape">Outermost first, as everywhere but in the file.</param>
    /// <param name="ggmlType">The number of its element type.</param>
    /// <param name="dataOffset">Where it begins, counted from the start of the data.</param>
    public void WriteTensorInfo(string name, long[] shape, uint ggmlType, ulong dataOffset)
    {
        WriteString(name);
        WriteNumber((uint)shape.Length);
        foreach (long size in shape.AsEnumerable().Reverse())
        {
            WriteNumber((ulong)size);
        }

        WriteNumber(ggmlType);
        WriteNumber(dataOffset);
    }

    private void WriteValue(string key, object value)
    {
        switch (value)
        {
            case byte number: WriteNumber(number); break;
            case sbyte number: WriteNumber(number); break;
            case ushort number: WriteNumber(number); break;
            case short number: WriteNumber(number); break;
            case uint number: WriteNumber(number); break;
            case int number: WriteNumber(number); break;
            case ulong number: WriteNumber(number); break;
            case long number: WriteNumber(number); break;
            case float number: WriteNumber(BitConverter.SingleToUInt32Bits(number)); break;
            case double number: WriteNumber(BitConverter.DoubleToUInt64Bits(number)); break;
            case bool truth: WriteNumber(truth ? (byte)1 : (byte)0); break;
            case string text: WriteString(text); break;
            default: WriteArray(key, (Array)value); break;
        }
    }

    private void WriteArray(string key, Array values)
    {
        Type element = values.GetType().GetElementType()!;
        WriteNumber((uint)(element == typeof(object) ? GgufValueType.Array : TypeOf(key, element)));
        WriteNumber((ulong)values.Length);
        foreach (object value in values)
        {
            if (element == typeof(object) && value is not Array)
            {
                throw new ArgumentException($"{key}: an object[] may hold arrays only, not {value}");
            }

            WriteValue(key, value);
        }
    }

    private static GgufValueType TypeOf(string key, Type type) => type switch
    {
        { IsArray: true } => GgufValueType.Array,
        _ when type == typeof(string) => GgufValueType.String,
        _ => Type.GetTypeCode(type) switch
        {
            TypeCode.Byte => GgufValueType.UInt8,
            TypeCode.SByte => GgufValueType.Int8,
            TypeCode.UInt16 => GgufValueType.UInt16,
            TypeCode.Int16 => GgufValueType.Int16,
            TypeCode.UInt32 => GgufValueType.UInt32,
            TypeCode.Int32 => GgufValueType.Int32,
            TypeCode.UInt64 => GgufValueType.UInt64,
            TypeCode.Int64 => GgufValueType.Int64,
            TypeCode.Single => GgufValueType.Float32,
            TypeCode.Double => GgufValueType.Float64,
            TypeCode.Boolean => GgufValueType.Bool,
            _ => throw new ArgumentException($"{key}: GGUF has no values of type {type.Name}"),
        },
    };
}

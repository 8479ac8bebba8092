using Whorl.Kernels.Cpu.Quantized;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Ops.Linear;

/// <summary>Weights as plain rows: values, or codes with scales and minimums.</summary>
internal sealed unsafe class PlainMatrix : Matrix
{
    private readonly NativeBuffer? _values;
    private readonly NativeBuffer? _codes;
    private readonly NativeBuffer? _scales;
    private readonly NativeBuffer? _minimums;
    private readonly int _groups;

    public PlainMatrix(ElementType type, int rows, int columns, ReadOnlySpan<byte> data)
    {
        (ElementType, Rows, Columns) = (type, rows, columns);
        ElementTypeInfo info = ElementTypes.Info(type);
        if (GroupForm.Of(type) is not { } form)
        {
            _values = new NativeBuffer(4L * rows * columns);
            WidenFloats(data);
            return;
        }

        _groups = columns / form.Size;
        _codes = new NativeBuffer((long)rows * columns);
        _scales = new NativeBuffer(4L * rows * _groups);
        _minimums = form.HasMinimum ? new NativeBuffer(4L * rows * _groups) : null;
        int blocks = columns / info.BlockSize, groups = info.BlockSize / form.Size;
        for (int r = 0; r < rows; r++)
        {
            for (int b = 0; b < blocks; b++)
            {
                form.Decode(
                    data.Slice(((r * blocks) + b) * info.BlockBytes, info.BlockBytes),
                    Codes(r).Slice(b * info.BlockSize, info.BlockSize),
                    Scales(r).Slice(b * groups, groups),
                    Minimums(r).Length == 0 ? default : Minimums(r).Slice(b * groups, groups));
            }
        }
    }

    public override int Rows { get; }

    public override int Columns { get; }

    public override ElementType ElementType { get; }

    public override long Bytes => (_values?.Bytes ?? 0) + (_codes?.Bytes ?? 0) + (_scales?.Bytes ?? 0) + (_minimums?.Bytes ?? 0);

    public bool IsQuantised => _codes is not null;

    public Span<float> Values(int row) => new((float*)_values!.Pointer + ((long)row * Columns), Columns);

    public Span<sbyte> Codes(int row) => new((sbyte*)_codes!.Pointer + ((long)row * Columns), Columns);

    public Span<float> Scales(int row) => new((float*)_scales!.Pointer + ((long)row * _groups), _groups);

    public Span<float> Minimums(int row) => _minimums is null ? default : new((float*)_minimums.Pointer + ((long)row * _groups), _groups);

    public void Expand(int row, Span<float> values)
    {
        if (IsQuantised)
        {
            LinearDefinition.Expand(Codes(row), Scales(row), Minimums(row), values);
        }
        else
        {
            Values(row).CopyTo(values);
        }
    }

    public override void Dispose()
    {
        _values?.Dispose();
        _codes?.Dispose();
        _scales?.Dispose();
        _minimums?.Dispose();
    }

    private void WidenFloats(ReadOnlySpan<byte> data)
    {
        var values = (float*)_values!.Pointer;
        long count = (long)Rows * Columns;
        fixed (byte* source = data)
        {
            for (long i = 0; i < count; i++)
            {
                values[i] = ElementType switch
                {
                    ElementType.F32 => ((float*)source)[i],
                    ElementType.F16 => (float)((Half*)source)[i],
                    _ => BitConverter.UInt32BitsToSingle((uint)((ushort*)source)[i] << 16),
                };
            }
        }
    }
}

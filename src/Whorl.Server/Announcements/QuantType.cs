using Whorl.Models;
using Whorl.Tensors;

namespace Whorl.Server.Petals;

/// <summary>How weights are quantised, in the words that Petals has for it: it knows three, of which the nearest is told.</summary>
public static class QuantType
{
    /// <summary>The word for some blocks: that of the element type which takes the most bytes of them.</summary>
    /// <returns><c>none</c> for 16 bits a value and more, <c>int8</c> for more than 5, else <c>nf4</c>.</returns>
    public static string Of(ModelSource model, BlockRange range) => Of(Enumerable.Range(range.First, range.Count)
        .SelectMany(model.BlockTensors)
        .GroupBy(tensor => tensor.ElementType)
        .MaxBy(group => group.Sum(tensor => tensor.ByteLength))?.Key ?? ElementType.F32);

    internal static string Of(ElementType type)
    {
        ElementTypeInfo info = ElementTypes.Info(type);
        double bits = 8.0 * info.BlockBytes / info.BlockSize;
        return bits >= 16 ? "none"
            : bits > 5 && type != ElementType.U8 ? "int8" // plain bytes hold two or more codes each, in every format that is read
            : "nf4";
    }
}

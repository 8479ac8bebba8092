using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Whorl.Tensors;

/// <summary>The table of element types: block sizes, names, GGUF's numbers.</summary>
public static class ElementTypes
{
    private static readonly ElementTypeInfo[] Table = BuildTable();

    private static readonly FrozenDictionary<string, ElementTypeInfo> ByName =
        Table.ToFrozenDictionary(info => info.Name, StringComparer.Ordinal);

    private static readonly FrozenDictionary<int, ElementTypeInfo> ByGgmlType =
        Table.Where(info => info.GgmlType >= 0).ToFrozenDictionary(info => info.GgmlType);

    /// <summary>Every type, in the order of the enumeration.</summary>
    public static IReadOnlyList<ElementTypeInfo> All => Table;

    /// <summary>Sizes and properties of <paramref name="type"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration's.</exception>
    public static ElementTypeInfo Info(ElementType type) =>
        (uint)type < (uint)Table.Length
            ? Table[(int)type]
            : throw new ArgumentOutOfRangeException(nameof(type), type, "no such element type");

    /// <summary>Finds a type by the name safetensors and GGML give it ("BF16", "Q4_K"); case counts.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out ElementTypeInfo? info) => ByName.TryGetValue(name, out info);

    /// <summary>Finds a type by its number in a GGUF file; false for numbers unknown or retired (4, 5, 31 to 33, 36 to 38).</summary>
    public static bool TryFromGgml(int ggmlType, [NotNullWhen(true)] out ElementTypeInfo? info) =>
        ByGgmlType.TryGetValue(ggmlType, out info);

    private static ElementTypeInfo[] BuildTable()
    {
        ElementTypeInfo[] all =
        [
            Plain(ElementType.F32, 4, ggml: 0),
            Plain(ElementType.F16, 2, ggml: 1),
            Plain(ElementType.BF16, 2, ggml: 30),
            Plain(ElementType.F64, 8, ggml: 28),
            Plain(ElementType.I8, 1, ggml: 24),
            Plain(ElementType.I16, 2, ggml: 25),
            Plain(ElementType.I32, 4, ggml: 26),
            Plain(ElementType.I64, 8, ggml: 27),
            Plain(ElementType.U8, 1),
            Plain(ElementType.U16, 2),
            Plain(ElementType.U32, 4),
            Plain(ElementType.U64, 8),
            Plain(ElementType.Bool, 1) with { Name = "BOOL" },
            Plain(ElementType.F8_E4M3, 1),
            Plain(ElementType.F8_E5M2, 1),
            Plain(ElementType.F8_E8M0, 1),
            Blocks(ElementType.Q4_0, 32, 18, ggml: 2),
            Blocks(ElementType.Q4_1, 32, 20, ggml: 3),
            Blocks(ElementType.Q5_0, 32, 22, ggml: 6),
            Blocks(ElementType.Q5_1, 32, 24, ggml: 7),
            Blocks(ElementType.Q8_0, 32, 34, ggml: 8),
            Blocks(ElementType.Q8_1, 32, 36, ggml: 9),
            Blocks(ElementType.Q2_K, 256, 84, ggml: 10),
            Blocks(ElementType.Q3_K, 256, 110, ggml: 11),
            Blocks(ElementType.Q4_K, 256, 144, ggml: 12),
            Blocks(ElementType.Q5_K, 256, 176, ggml: 13),
            Blocks(ElementType.Q6_K, 256, 210, ggml: 14),
            Blocks(ElementType.Q8_K, 256, 292, ggml: 15),
            Blocks(ElementType.IQ2_XXS, 256, 66, ggml: 16),
            Blocks(ElementType.IQ2_XS, 256, 74, ggml: 17),
            Blocks(ElementType.IQ2_S, 256, 82, ggml: 22),
            Blocks(ElementType.IQ3_XXS, 256, 98, ggml: 18),
            Blocks(ElementType.IQ3_S, 256, 110, ggml: 21),
            Blocks(ElementType.IQ1_S, 256, 50, ggml: 19),
            Blocks(ElementType.IQ1_M, 256, 56, ggml: 29),
            Blocks(ElementType.IQ4_NL, 32, 18, ggml: 20),
            Blocks(ElementType.IQ4_XS, 256, 136, ggml: 23),
            Blocks(ElementType.TQ1_0, 256, 54, ggml: 34),
            Blocks(ElementType.TQ2_0, 256, 66, ggml: 35),
            Blocks(ElementType.MXFP4, 32, 17, ggml: 39),
            Blocks(ElementType.NVFP4, 64, 36, ggml: 40),
        ];
        return all;
    }

    private static ElementTypeInfo Plain(ElementType type, int bytes, int ggml = -1) => new(type, type.ToString(), 1, bytes, false, ggml);

    private static ElementTypeInfo Blocks(ElementType type, int elements, int bytes, int ggml) =>
        new(type, type.ToString(), elements, bytes, true, ggml);
}

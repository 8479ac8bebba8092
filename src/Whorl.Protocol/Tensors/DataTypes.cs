using Whorl.Tensors;

namespace Whorl.Protocol.Tensors;

/// <summary>The names that numpy (and for bfloat16 PyTorch) gives the element types which may travel, and their sizes.</summary>
public static class DataTypes
{
    private static readonly (ElementType Type, string Name, int Size)[] All =
    [
        (ElementType.F32, "float32", 4),
        (ElementType.F16, "float16", 2),
        (ElementType.BF16, "bfloat16", 2),
        (ElementType.F64, "float64", 8),
        (ElementType.I8, "int8", 1),
        (ElementType.I16, "int16", 2),
        (ElementType.I32, "int32", 4),
        (ElementType.I64, "int64", 8),
        (ElementType.U8, "uint8", 1),
        (ElementType.U16, "uint16", 2),
        (ElementType.U32, "uint32", 4),
        (ElementType.U64, "uint64", 8),
        (ElementType.Bool, "bool", 1),
    ];

    /// <summary>The name on the wire.</summary>
    /// <exception cref="ArgumentException">The type cannot travel (block-quantised types and 8-bit floats).</exception>
    public static string NameOf(ElementType type) => Find(type).Name;

    /// <summary>Bytes of one element.</summary>
    /// <exception cref="ArgumentException">The type cannot travel.</exception>
    public static int SizeOf(ElementType type) => Find(type).Size;

    /// <summary>The type of a name, with or without PyTorch's prefix "torch.".</summary>
    /// <exception cref="WireFormatException">No such type.</exception>
    public static ElementType Parse(string name)
    {
        const string TorchPrefix = "torch.";
        string bare = name.StartsWith(TorchPrefix, StringComparison.Ordinal) ? name[TorchPrefix.Length..] : name;
        foreach ((ElementType type, string known, _) in All)
        {
            if (known == bare)
            {
                return type;
            }
        }

        throw new WireFormatException($"unknown element type '{bare}'");
    }

    private static (ElementType Type, string Name, int Size) Find(ElementType type)
    {
        foreach ((ElementType Type, string Name, int Size) entry in All)
        {
            if (entry.Type == type)
            {
                return entry;
            }
        }

        throw new ArgumentException($"{type} has no form on the wire", nameof(type));
    }
}

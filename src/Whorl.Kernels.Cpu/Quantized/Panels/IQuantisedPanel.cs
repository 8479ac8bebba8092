using Whorl.Kernels.Cpu.Lanes;
using Whorl.Tensors;

namespace Whorl.Kernels.Cpu.Quantized.Panels;

/// <summary>A layout of integer codes in blocks of 32 columns, as a type, so that the compiler knows where everything lies.</summary>
/// <remarks>
/// Codes are kept without sign, <see cref="Bias"/> too large. A 4-bit block is <c>[4][32]</c> words: word j of a row holds the codes of
/// columns 8j..8j+3 in its bytes' low halves and of 8j+4..8j+7 in the high ones. An 8-bit block is <c>[8][32]</c> words: word j holds
/// columns 4j..4j+3. What else a group has (its scale, perhaps a minimum) are its <em>fields</em>.
/// </remarks>
internal unsafe interface IQuantisedPanel
{
    /// <summary>Whether codes take 4 bits rather than 8.</summary>
    static abstract bool IsNibbles { get; }

    /// <summary>Whether a group is 16 columns rather than 32.</summary>
    static abstract bool HalfGroups { get; }

    /// <summary>Whether a group has a minimum.</summary>
    static abstract bool HasMinimum { get; }

    /// <summary>What was added to each code: 0, or 8 (4-bit codes) or 128 (8-bit codes).</summary>
    static abstract int Bias { get; }

    /// <summary>Bytes of fields that lie before a block's codes, or its share of those of several blocks.</summary>
    static abstract int FieldBytes { get; }

    /// <summary>Blocks that share their fields' memory.</summary>
    static abstract int BlocksAField { get; }

    /// <summary>Bytes of a panel, a multiple of 64.</summary>
    static abstract long PanelBytes(int columns);

    /// <summary>Start of a block's codes.</summary>
    static abstract byte* Codes(byte* panel, int block);

    /// <summary>Start of a group's fields.</summary>
    static abstract byte* Fields(byte* panel, int block, int group);

    /// <summary>A group's scales and minimums, exact in float32; lane = output.</summary>
    /// <param name="panel">The panel.</param>
    /// <param name="block">The block.</param>
    /// <param name="group">The group in the block.</param>
    /// <param name="part">Which register's lanes of the panel's 32.</param>
    /// <param name="scale">The scales.</param>
    /// <param name="minimum">The minimums; not to be used where the layout has none.</param>
    static abstract void ReadScales<TRegister>(byte* panel, int block, int group, int part, out TRegister scale, out TRegister minimum)
        where TRegister : unmanaged, IRegister<TRegister>;

    /// <summary>Interleaves rows of a checkpoint; see <see cref="PanelLayout.TryPack"/>.</summary>
    static abstract bool TryPack(BlockGroups groups, byte* source, long rowBytes, int rows, int columns, byte* panel);
}

namespace Whorl.Kernels.Cpu.Ops.Linear.Kernels;

/// <summary>Something done with a quantised panel whose layout is known as a value only.</summary>
internal interface IPanelOperation
{
    /// <summary>Does it, with the layout as a type.</summary>
    void Run<TPanel>()
        where TPanel : IQuantisedPanel;
}

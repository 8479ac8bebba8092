namespace Whorl.Tensors;

/// <summary>A hold on a page of keys and values: while it lasts, whoever else holds the page writes to a copy of its own.</summary>
public abstract class SharedPage : IDisposable
{
    /// <summary>Bytes of the page.</summary>
    public abstract long Bytes { get; }

    /// <summary>Lets go of the page; the last one who does gives it back. Once for each hold.</summary>
    public abstract void Dispose();
}

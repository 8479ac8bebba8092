using Whorl.Formats;

namespace Whorl.Tests;

/// <summary>The built-in model's tokenizer and chat template, without its weights.</summary>
internal static class BardText
{
    public static string Folder => Path.Combine(AppContext.BaseDirectory, "models", "bard");

    public static ModelText Load()
    {
        using ModelFile file = ModelFile.Open(Folder);
        return ModelText.Load(file);
    }
}

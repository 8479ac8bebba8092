using System.Security.Cryptography;
using System.Text;
using Whorl.Formats;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>A model on disk: its family, its shape, and its checkpoint, of which only headers have been read.</summary>
public sealed class ModelSource : IDisposable
{
    private ModelSource(ModelFile file, ConfigReader config, ModelFamily family, DecoderSpec spec, WeightMap weights, UnknownKeys unknown)
    {
        (File, Family, Spec, Weights, Warnings) = (file, family, spec, weights, unknown.Warnings);
        Fingerprint = Hash(config.ToString(), file.Checkpoint);
    }

    /// <summary>Tells models apart: SHA-256 of the config and of name, type and shape of every tensor, in hexadecimal.</summary>
    /// <remarks>It does not look at the weights' values: that would read them all.</remarks>
    public string Fingerprint { get; }

    /// <summary>The folder or GGUF file.</summary>
    public ModelFile File { get; }

    /// <summary>Its family.</summary>
    public ModelFamily Family { get; }

    /// <summary>Its shape.</summary>
    public DecoderSpec Spec { get; }

    /// <summary>
    /// What whoever uses the model should be told, a line each: keys of its files that are not known, and what its generation_config.json
    /// asks for that is not supported. Mostly none.
    /// </summary>
    public IReadOnlyList<string> Warnings { get; }

    /// <summary>What its checkpoint calls the weights.</summary>
    internal WeightMap Weights { get; }

    /// <summary>Opens a Hugging Face folder or a GGUF file.</summary>
    /// <param name="path">The folder, or the (first) file.</param>
    /// <param name="observer">Called after every read of weights with the tensor, the offset in it and the length.</param>
    /// <param name="strict">Whether what would be a warning is refused.</param>
    /// <exception cref="ModelFormatException">It is neither, of an unknown family, or its config is not supported.</exception>
    public static ModelSource Open(string path, Action<TensorEntry, long, long>? observer = null, bool strict = false)
    {
        ModelFile file = ModelFile.Open(path, observer);
        try
        {
            UnknownKeys unknown = new(file.Path);
            ModelSource source = file switch
            {
                ModelFolder folder => FromFolder(folder, unknown),
                GgufModel gguf => FromGguf(gguf, unknown),
                _ => throw new NotSupportedException($"no reader for {file.GetType().Name}"),
            };
            Refuse(source.Warnings, file.Path, strict);
            return source;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Who reads weights for a backend.</summary>
    public WeightLoader CreateLoader(IBackend backend) => new(File.Checkpoint, Weights, backend);

    /// <summary>A block's tensors in the checkpoint, also those that its file lacks because it was fetched in part.</summary>
    public IEnumerable<TensorEntry> BlockTensors(int block) =>
        File.Checkpoint.Names.Where(name => Weights.IsOfBlock(name, block)).Select(File.Checkpoint.Get);

    /// <summary>Bytes of a block's tensors in the checkpoint.</summary>
    public long BlockBytes(int block) => BlockTensors(block).Sum(tensor => tensor.ByteLength);

    /// <inheritdoc/>
    public void Dispose() => File.Dispose();

    /// <summary>Looks at the keys of a folder's tokenizer, which need not be a whole model's.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="strict">Whether what would be a warning is refused.</param>
    /// <returns>As <see cref="Warnings"/>.</returns>
    /// <exception cref="ModelFormatException">A key asks for what is not supported, or a file is not well formed.</exception>
    public static IReadOnlyList<string> CheckTokenizer(string folder, bool strict = false)
    {
        UnknownKeys unknown = new(folder);
        AddTokenizer(unknown, folder);
        Refuse(unknown.Warnings, folder, strict);
        return unknown.Warnings;
    }

    private static void Refuse(IReadOnlyList<string> warnings, string path, bool strict)
    {
        if (strict && warnings is [string first, ..])
        {
            throw new ModelFormatException(path, first, "strict");
        }
    }

    private static void AddTokenizer(UnknownKeys unknown, string folder)
    {
        foreach (string name in (string[])["tokenizer_config.json", "special_tokens_map.json"])
        {
            if (ModelFolder.FindJson(folder, name) is { } tokenizer)
            {
                unknown.Add(name, new ConfigReader(tokenizer, name) { Keys = KnownKeys.OfTokenizer }.CheckUnread());
            }
        }
    }

    private static ModelSource FromFolder(ModelFolder folder, UnknownKeys unknown)
    {
        ConfigReader config = new(folder.Config, Path.Combine(folder.Path, "config.json"));
        ModelFamily family = ModelFamily.Of(config.Text("model_type"), config.File);
        DecoderSpec spec = family.Read(config);
        unknown.Add("config.json", config.CheckUnread(spec));
        if (folder.GenerationConfig is { } generation)
        {
            unknown.AddGeneration(generation);
        }

        AddTokenizer(unknown, folder.Path);
        return new ModelSource(folder, config, family, spec, family.Weights(spec), unknown);
    }

    private static ModelSource FromGguf(GgufModel gguf, UnknownKeys unknown)
    {
        GgufConfig config = new(gguf.Metadata, gguf.Checkpoint, gguf.Path);
        ModelFamily family = ModelFamily.OfGguf(config.Architecture, gguf.Path).InGguf(config);
        family.ReadGguf(config);
        ConfigReader reader = config.ToReader();
        DecoderSpec spec = family.Read(reader);
        unknown.Add(Path.GetFileName(gguf.Path), [.. config.CheckUnread(spec), .. reader.CheckUnread(spec)]);
        return new ModelSource(gguf, reader, family, spec, family.GgufWeights(spec), unknown);
    }

    private static string Hash(string config, ICheckpoint checkpoint)
    {
        StringBuilder text = new(config);
        foreach (string name in checkpoint.Names.Order(StringComparer.Ordinal))
        {
            text.Append('\n').Append(checkpoint.Get(name)); // name, type and shape
        }

        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
